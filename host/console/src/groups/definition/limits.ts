/** A limit of a group, as docs/operators.md lists it. */
export interface Limit {
  name: string;
  standard: number;
  least: number;
  most: number;
  meaning: string;
}

const limit = (name: string, standard: number, least: number, most: number, meaning: string): Limit => ({ name, standard, least, most, meaning });

export const LIMITS: Limit[] = [
  limit('deadline_ms', 30_000, 1, 900_000, 'Wall time of a call, in milliseconds'),
  limit('cpu_ms', 1000, 1, 300_000, 'CPU time of the plugin or script, in milliseconds'),
  limit('memory_bytes', 67_108_864, 65_536, 1_073_741_824, 'Memory of an instance, in bytes'),
  limit('input_bytes', 1_048_576, 1, 67_108_864, 'Input as JSON text, in bytes'),
  limit('output_bytes', 4_194_304, 1, 67_108_864, 'Output as JSON text, in bytes'),
  limit('upstream_body_bytes', 8_388_608, 1, 1_073_741_824, 'Body of an outbound request or of its answer, in bytes'),
  limit('rows', 10_000, 1, 10_000_000, 'Rows of one answer of a database'),
  limit('host_calls', 1000, 0, 1_000_000, 'Calls of functions of the host'),
  limit('handles', 1000, 1, 100_000, 'Handles that an instance has open at one time'),
  limit('log_lines', 256, 0, 65_536, 'Log lines of a call'),
  limit('log_line_bytes', 4096, 64, 65_536, 'Bytes of a log line'),
  limit('record_log_bytes', 16_384, 0, 262_144, 'Bytes of log lines that are stored with a failed call'),
  limit('component_bytes', 33_554_432, 1, 268_435_456, 'Size of a component, in bytes'),
  limit('compile_ms', 60_000, 1, 600_000, 'Wall time of compiling, in milliseconds'),
  limit('compile_memory_bytes', 1_073_741_824, 67_108_864, 8_589_934_592, 'Memory of the process that compiles, in bytes'),
  limit('calls_in_flight', 64, 1, 10_000, 'Concurrent calls of the group'),
  limit('tenant_calls_in_flight', 32, 1, 10_000, 'Concurrent calls of each tenant'),
  limit('calls_per_instance', 1, 1, 1_000_000_000, 'Calls that can use one instance, one after the other'),
];
