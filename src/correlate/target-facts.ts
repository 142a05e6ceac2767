/** What is known of a target beside its records, for those who explain them; what is not known is absent. Plain data. */
export interface TargetFacts {
  /** Threads that may run goroutines at once. */
  readonly gomaxprocs?: number;
  /** Processors' worth of time that its cgroups let it use; absent also where they set no bound. */
  readonly cpuLimit?: number;
  /** How deep it is looked at, where that is not as deep as was asked for, or deeper. */
  readonly level?: string;
}
