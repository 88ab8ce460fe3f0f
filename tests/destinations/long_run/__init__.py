"""Every bulk platform in foul weather, real processes killed, every record accounted for."""
