"""The mapper plugins that come with scimserver; each is also an example of how to write one."""
