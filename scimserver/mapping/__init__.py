"""Fields of the application document made with expressions: SCIM paths as their sources, typed results, checks, lint.

Pure: knows resources and documents, neither schemas nor the database. The plugin ``expressions`` is its user, and so is
whoever tries an expression.
"""
