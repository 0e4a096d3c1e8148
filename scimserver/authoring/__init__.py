"""The author's kit: a new plugin from a template, resources to try it on, and a check of everything the server expects.

It knows schemas, the SCIM engine and plugins; neither the database nor the network.
"""
