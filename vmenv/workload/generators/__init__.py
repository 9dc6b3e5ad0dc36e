"""Parts that scenarios draw workloads from: arrival processes and laws of sizes and demands, one a file."""
