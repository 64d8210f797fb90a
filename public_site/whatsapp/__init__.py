"""WhatsApp: the webhook takes messages in, rules answer them, officers take over; Lacak for people with a phone."""
