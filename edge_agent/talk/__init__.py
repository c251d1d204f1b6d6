"""The conversation. Its four rooms, sorted by name, stand in the order of the talk: ear, floor, mind, voice."""
