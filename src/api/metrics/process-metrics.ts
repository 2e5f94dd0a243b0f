import type { ProcessFacts } from '../../runtime/process-facts.ts';
import type { Metric } from './exposition.ts';

/** What this process takes of its machine, under the names that every program gives to that. */
export function processMetrics(facts: ProcessFacts): Metric[] {
  const { cpuSeconds, residentBytes, heapBytes, startSeconds, openFiles, openFilesMax } = facts;
  return [
    {
      type: 'counter',
      name: 'process_cpu_seconds_total',
      help: 'The time of processors that this process took.',
      samples: [{ value: cpuSeconds }],
    },
    gauge('process_resident_memory_bytes', 'The memory that this process has.', residentBytes),
    gauge('nodejs_heap_size_used_bytes', 'The memory that values of this process take.', heapBytes),
    gauge('process_start_time_seconds', 'When this process began, since 1970.', startSeconds),
    gauge('process_open_fds', 'How many files this process has open.', openFiles),
    gauge('process_max_fds', 'How many files this process may have open.', openFilesMax),
  ];
}

function gauge(name: string, help: string, value: number | undefined): Metric {
  return { type: 'gauge', name, help, samples: value === undefined ? [] : [{ value }] };
}
