"""Trace readers, one format a file."""

from vmenv.workload.traces.base import TRACE_FORMATS, TraceReader, TraceReport, list_trace_formats, read_trace, read_trace_with_report

__all__ = ["TRACE_FORMATS", "TraceReader", "TraceReport", "list_trace_formats", "read_trace", "read_trace_with_report"]
