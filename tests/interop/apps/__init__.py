"""The applications under test. Each module has an `app`; servers are told of it as `apps.MODULE:app`."""
