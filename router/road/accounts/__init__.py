"""Accounts as the CRM tells them, and tried out on a lead that was never sent."""
