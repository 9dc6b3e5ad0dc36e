"""The documentation site: pages in Markdown, and programs that make pages of the registries (`docs.pages`). `make docs` builds it."""
