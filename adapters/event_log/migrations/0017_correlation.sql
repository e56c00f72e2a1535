-- All that carries one correlation id, in the log's order, a page at a time. The events of an input
-- stand behind its version in its stream, so they need no index of their own. What it costs an
-- append: docs/decisions/correlation.md.

create index inputs_by_correlation on inputs (correlation_id, input_id);
