-- A big organization: :conversations people with one conversation each and ten messages in it.
create temporary table if not exists person as
select n, gen_random_uuid() as contact, gen_random_uuid() as party, gen_random_uuid() as conversation,
       now() - make_interval(secs => n * 20) as newest
from generate_series(1, :conversations) as n;
insert into contact (id, organization_id, name, phone, updated_at)
select contact, :organization, 'Cliente ' || n || ' da Silva', '+55119' || lpad(n::text, 8, '0'), newest from person;
insert into channel_party (id, organization_id, channel_id, contact_id, address, name, bucket, last_inbound_at)
select party, :organization, :channel, contact, '55119' || lpad(n::text, 8, '0'), 'Cliente ' || n, n % 64, newest
from person;
insert into conversation (id, organization_id, channel_id, party_id, contact_id, bucket, status, unread_count,
                          last_message, last_message_at, opened_at, updated_at)
select conversation, :organization, :channel, party, contact, n % 64, 'open', 1,
       jsonb_build_object('id', conversation, 'kind', 'text', 'body', 'Bom dia', 'direction', 'in', 'status', null,
                          'sent_at', newest, 'is_note', false),
       newest, newest, newest
from person;
insert into message (id, organization_id, conversation_id, channel_id, direction, kind, body, provider_id, status, sent_at)
select gen_random_uuid(), :organization, conversation, :channel, case when k % 2 = 0 then 'in' else 'out' end, 'text',
       'Mensagem ' || n || ' ' || k || ': gostaria de saber o prazo de entrega do pedido'
         || case when n = 4711 then ' raridade4711' else '' end,
       'wamid.fill' || n || '.' || k, case when k % 2 = 0 then null else 'read' end,
       newest - make_interval(secs => (10 - k) * 30)
from person cross join generate_series(1, 10) as k;
drop table person;
