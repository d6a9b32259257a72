"""A Django project as people have them: models, views, templates, sessions, a cache of records."""
