"""Watch: what the installation says about itself. Takes: nothing; changes nothing."""
