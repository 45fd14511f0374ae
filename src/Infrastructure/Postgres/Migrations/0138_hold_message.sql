-- owner: chat
-- Holds the room of a message, as hold_room does for who posts: sent in front of the statement that changes the message, which then sees who was put out of the
-- room, muted or made a member again by whoever had the room before.
create procedure hold_message(which uuid) language plpgsql as $$
begin
  perform 1 from room where id = (select room_id from message where id = which) for no key update;
end $$;
