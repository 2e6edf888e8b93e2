"""What residents hear later: what was decided about their needs, what somebody writes to them, who is alarmed, who is greeted."""
