-- Customers and deals of a big organization: names, tags, groups and sums as skewed as they are in life.
create or replace function pg_temp.id_of(moment timestamptz) returns uuid language sql volatile as $$
  select (lpad(to_hex((extract(epoch from moment) * 1000)::bigint), 12, '0') || '7' || substr(md5(random()::text), 1, 3)
          || '8' || substr(md5(random()::text), 1, 15))::uuid
$$;
create or replace function pg_temp.one_of(words text[], skew float) returns text language sql volatile as $$
  select words[1 + floor(power(random(), skew) * array_length(words, 1))::int]
$$;
create temporary table grouped as
select n, pg_temp.id_of(now() - make_interval(mins => n)) as id from generate_series(1, :groups) as n;
insert into plugin_crm.company_group (id, organization_id, name, note)
select id, :organization, 'Grupo Exemplo ' || n, '' from grouped;
create temporary table buyer as
select n, pg_temp.id_of(now() - make_interval(mins => 200000 - n)) as id,
       case when random() < 0.6 then 'person' else 'company' end as kind,
       pg_temp.one_of(array['Maria', 'José', 'Ana', 'João', 'Antônio', 'Francisca', 'Carlos', 'Paulo', 'Adriana', 'Lucas',
         'Juliana', 'Márcia', 'Fernanda', 'Patrícia', 'Aline', 'Rafael', 'Sandra', 'Marcelo', 'Camila', 'Conceição',
         'Eduardo', 'Letícia', 'Otávio', 'Quitéria', 'Wanderleia', 'Zuleica'], 2) as first,
       pg_temp.one_of(array['da Silva', 'dos Santos', 'de Oliveira', 'Souza', 'Rodrigues', 'Ferreira', 'Alves', 'Pereira',
         'Lima', 'Gomes', 'Ribeiro', 'Carvalho', 'Almeida', 'Araújo', 'Nogueira', 'Figueiredo', 'Brandão', 'Quadros'], 2)
         as last,
       pg_temp.one_of(array['Padaria', 'Mercado', 'Farmácia', 'Oficina', 'Restaurante', 'Escola', 'Clínica', 'Livraria',
         'Floricultura', 'Transportadora'], 2) as trade,
       '+55' || (array[11, 11, 11, 21, 31, 19, 41, 51, 71, 81])[1 + floor(random() * 10)::int]
         || '9' || lpad((80000000 + n)::text, 8, '0') as phone,
       random() as luck
from generate_series(1, :customers) as n;
insert into plugin_crm.customer (id, organization_id, kind, name, legal_name, document, state_registration, email, phone,
                                 website, group_id, owner_id, tags, archived_at, updated_at)
select b.id, :organization, b.kind,
       case b.kind when 'person' then b.first || ' ' || b.last else b.trade || ' ' || b.last || ' ' || b.n end,
       case b.kind when 'person' then '' else b.last || ' Comércio e Serviços Ltda' end,
       case b.kind when 'person' then lpad((10000000000 + b.n * 7919::bigint)::text, 11, '0')
                   else lpad((10000000000000 + b.n * 104729::bigint)::text, 14, '0') end,
       '', 'cliente' || b.n || '@exemplo.com.br', b.phone, '', g.id,
       (cast(:people as uuid[]))[1 + floor(power(random(), 2) * 3)::int],
       case when b.luck < 0.35 then '["varejo"]' when b.luck < 0.45 then '["atacado", "campinas"]'
            when b.luck < 0.46 then '["vip"]' when b.luck < 0.4602 then '["raro"]' else '[]' end::jsonb,
       case when random() < 0.03 then now() end, now()
from buyer b left join grouped g on b.kind = 'company' and g.n = 1 + floor(power(b.luck, 3) * :groups);
create temporary table writer as
select n, pg_temp.id_of(now() - make_interval(mins => n)) as contact, gen_random_uuid() as party, id as customer,
       pg_temp.id_of(now() - make_interval(mins => n)) as conversation, now() - make_interval(secs => n * 20) as newest,
       phone, first || ' ' || last as name
from buyer where n <= :contacts;
insert into contact (id, organization_id, name, phone, updated_at)
select contact, :organization, name, phone, newest from writer;
insert into channel_party (id, organization_id, channel_id, contact_id, address, name, bucket, last_inbound_at)
select party, :organization, :channel, contact, substr(phone, 2), name, n % 64, newest from writer;
insert into conversation (id, organization_id, channel_id, party_id, contact_id, bucket, status, unread_count,
                          last_message, last_message_at, opened_at, updated_at)
select conversation, :organization, :channel, party, contact, n % 64, 'open', 1,
       jsonb_build_object('id', conversation, 'kind', 'text', 'body', 'Bom dia', 'direction', 'in', 'status', null,
                          'sent_at', newest, 'is_note', false),
       newest, newest, newest
from writer;
insert into plugin_crm.customer_contact (id, organization_id, customer_id, contact_id, role, is_main)
select pg_temp.id_of(newest), :organization, customer, contact, '', true from writer where n % 4 > 0;
create temporary table offer as
select n, pg_temp.id_of(now() - make_interval(mins => 100000 - n)) as id,
       1 + floor(power(random(), 2) * :customers)::int as buyer,
       (cast(:stages as uuid[]))[1 + floor(power(random(), 1.5) * 6)::int] as stage,
       case when n > :deals - :open then 'open' when random() < 0.55 then 'won' else 'lost' end as state
from generate_series(1, :deals) as n;
insert into plugin_crm.deal (id, organization_id, pipeline_id, stage_id, title, customer_id, contact_id, state, amount,
                             rank, owner_id, tags, stage_since, closed_at, loss_note, updated_at, updated_by_name)
select o.id, :organization, :pipeline, o.stage,
       pg_temp.one_of(array['Pedido', 'Orçamento', 'Reforma', 'Contrato anual', 'Festa de casamento', 'Manutenção',
         'Cestas de Natal', 'Consultoria', 'Licença', 'Projeto'], 2) || ' ' || b.last || ' ' || o.n,
       b.id, w.contact, o.state, round((power(random(), 3) * 20000)::numeric, 2), -o.n,
       (cast(:people as uuid[]))[1 + floor(power(random(), 2) * 3)::int],
       case when random() < 0.3 then '["natal"]' when random() < 0.01 then '["urgente"]' else '[]' end::jsonb,
       now() - make_interval(hours => floor(random() * 300)::int), case when o.state <> 'open' then now() end, '',
       now(), 'Ana Ribeiro'
from offer o join buyer b on b.n = o.buyer left join writer w on w.n = o.buyer;
insert into plugin_crm.activity (id, organization_id, type, title, note, due_at, assignee_id, customer_id, deal_id)
select pg_temp.id_of(now()), :organization, 'call', 'Ligar de volta', '',
       now() + make_interval(hours => floor(random() * 200 - 60)::int), (cast(:people as uuid[]))[1], b.id, o.id
from offer o join buyer b on b.n = o.buyer where o.n % 3 = 0 and o.n > :deals - 3 * :open;
drop table grouped, buyer, writer, offer;
