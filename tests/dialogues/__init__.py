"""Conversations as data; shipped as ``scimserver_dialogues``, so that ``scimserver conformance`` can replay them."""
