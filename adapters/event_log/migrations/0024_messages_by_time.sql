-- Sums over a range of time, as `GET /v1/statistics/messages` tells them.

create index messages_accepted on messages (accepted_at) where direction = 'out';
