-- A topic's head can be locked before its first event is numbered: what that event tells is read under this lock. The
-- zero never commits, for the same transaction tells the event.

ALTER TABLE topic_head DROP CONSTRAINT topic_head_offset_check, ADD CHECK ("offset" >= 0);
