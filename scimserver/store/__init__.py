"""Everything that talks to MongoDB: the only place for the driver."""
