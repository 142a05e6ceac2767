/** How deep the tracer of this process looks, what that takes and has taken, and what it does not see. */
import type { AgentState, AgentTarget } from '../../page-api/agent-state.ts';
import { eachMinute } from '../data/agent-minutes.ts';
import { clockText, counted, countText, dateText, percentText } from '../format.ts';
import { AgentChart } from './agent-chart.tsx';
import { FigureList, type NamedFigures } from './figures.tsx';
import { ReasonCounts } from './reason-counts.tsx';

export function AgentCards({ agent }: { agent: AgentState | undefined }) {
  if (!agent)
    return (
      <section class="card">
        <h2>How deep it is looked</h2>
        <p>
          Nothing is traced by this process: spans come by OTLP alone, or are those of a recording. What was
          lost on their way here, and at which level, is known to the goidspan that traced.
        </p>
      </section>
    );
  return (
    <>
      <Depth agent={agent} />
      <Targets agent={agent} />
      <OnTheWay agent={agent} />
    </>
  );
}

function Depth({ agent }: { agent: AgentState }) {
  const { level, budget, sampler, keep, series } = agent;
  const figures: NamedFigures = [
    ['Level', level.now === level.asked ? level.now : `${level.now}, asked for ${level.asked}`],
    [
      'Probes take',
      budget
        ? `${percentText(budget.used)} of the processors${budget.isMeasured ? '' : ', as estimated'}`
        : 'not measured',
    ],
    ['Budget', budget ? percentText(budget.limit) : 'none'],
    [
      'Sampled',
      `${percentText(sampler.share)}${sampler.parentBased ? ' of what begins here, else as the caller says' : ''}`,
    ],
    ['Kept of these', keep ? keptText(keep) : 'all'],
  ];
  return (
    <section class="card" aria-label="How deep it is looked">
      <h2>How deep it is looked</h2>
      <FigureList figures={figures} />
      <AgentChart agent={agent} />
      {!budget && (
        <p class="faint">
          What probes take is measured where a budget is kept (<code>--budget</code>).
        </p>
      )}
      <details>
        <summary>The same as a table, minute by minute</summary>
        <table aria-label="Level and budget, minute by minute">
          <thead>
            <tr>
              <th scope="col">From</th>
              <th scope="col">Level</th>
              <th scope="col" class="number">
                Probes took at most
              </th>
              <th scope="col" class="number">
                Budget
              </th>
              <th scope="col" class="number">
                Lost
              </th>
            </tr>
          </thead>
          <tbody>
            {eachMinute(series).map(({ fromUs, levels, used, limit, lost }) => (
              <tr key={fromUs}>
                <td>{clockText(fromUs)}</td>
                <td>{levels.map((index) => agent.levels[index]).join(', then ')}</td>
                <td class="number">{used === null ? '–' : percentText(used)}</td>
                <td class="number">{limit === null ? '–' : percentText(limit)}</td>
                <td class="number">{countText(lost)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </details>
      {agent.events.length > 0 && (
        <details>
          <summary>What happened</summary>
          <ol class="prose">
            {agent.events.map(({ atUs, text }, index) => (
              <li key={index}>
                <span class="faint">{dateText(atUs)}</span> {text}
              </li>
            ))}
          </ol>
        </details>
      )}
    </section>
  );
}

function keptText({ slow, error, ratio }: NonNullable<AgentState['keep']>): string {
  return [
    ...(slow ? ['slow ones'] : []),
    ...(error ? ['errors'] : []),
    ...(ratio > 0 ? [`${percentText(ratio)} of all`] : []),
  ].join(', ');
}

function Targets({ agent: { targets, moreTargets } }: { agent: AgentState }) {
  return (
    <section class="card">
      <h2>Programs</h2>
      {targets.length === 0 && <p>No program is traced yet.</p>}
      {targets.length > 0 && (
        <table aria-label="Programs that are traced">
          <thead>
            <tr>
              <th scope="col">Service</th>
              <th scope="col" class="number">
                Pid
              </th>
              <th scope="col" class="number">
                Spans
              </th>
              <th scope="col">Not seen</th>
            </tr>
          </thead>
          <tbody>
            {targets.map((target) => (
              <tr key={`${target.pid} ${target.exe}`}>
                <th scope="row">
                  {target.service}
                  {target.isEnded && <span class="faint"> (ended)</span>}
                </th>
                <td class="number">{target.pid}</td>
                <td class="number">{countText(target.spans)}</td>
                <td class="wrap">
                  <NotSeen target={target} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {moreTargets > 0 && <p class="faint">{counted(moreTargets, 'older one')} not shown</p>}
    </section>
  );
}

/** What it lacks altogether is no loss: that is only counted. */
function NotSeen({ target: { missing, moreMissing, absent, notDeeper } }: { target: AgentTarget }) {
  return (
    <>
      {notDeeper !== undefined && <p>{notDeeper}</p>}
      {missing.length > 0 && (
        <ul class="prose">
          {missing.map(({ hook, why, without }) => (
            <li key={hook}>
              {without}: <code>{hook}</code> is not attached, {why}
            </li>
          ))}
        </ul>
      )}
      {moreMissing > 0 && <p class="faint">{counted(moreMissing, 'more hook')} not attached</p>}
      {missing.length === 0 && notDeeper === undefined && <span>nothing is missing</span>}
      {absent > 0 && <p class="faint">{counted(absent, 'hook')} for what the program does not have</p>}
    </>
  );
}

function OnTheWay({ agent: { losses, notes } }: { agent: AgentState }) {
  const [lost, noted] = [losses, notes].map((of) => Object.entries(of)) as [
    [string, number][],
    [string, number][],
  ];
  return (
    <section class="card">
      <h2>Lost between kernel and store</h2>
      {lost.length === 0 && <p>Nothing.</p>}
      <ReasonCounts label="Lost, by reason" counts={lost} />
      <ReasonCounts label="Not wanted, or worth knowing, but no loss" counts={noted} />
    </section>
  );
}
