"""A live host as a service: `vmenv.live.control.Control` over HTTP and JSON, described by an OpenAPI document.

This package needs `pip install vmenv[serve]`; the client (`vmenv.connect`) needs nothing but vmenv.
"""
