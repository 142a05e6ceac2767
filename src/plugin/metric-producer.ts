/** What a metric reader takes as a `MetricProducer`, of the SDKs 2.x and 3.x, whose types differ; only that reads the result. */
export interface MetricProducer {
  // biome-ignore lint/suspicious/noExplicitAny: of the reader's own type.
  collect(): Promise<any>;
}
