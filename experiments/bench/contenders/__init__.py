"""The contenders, one idea a file; a file that is added here takes part by itself."""
