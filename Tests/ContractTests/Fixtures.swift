/// The states that examples of the contracts start from, by the name that the contracts give them.
enum Fixtures {
    struct SQL {
        let isForBrand: Bool
        let text: String
    }

    /// An example that needs other services or chance: it is held against its schema by the system test.
    static let liveOnly = "live-only"

    static let all: [(name: String, sql: SQL)] = [
        ("one-organization", SQL(isForBrand: false, text: organization)),
        ("one-brand", SQL(isForBrand: false, text: organization + brand)),
        ("one-user", SQL(isForBrand: false, text: organization + brand + user)),
        ("one-key", SQL(isForBrand: false, text: organization + brand + key)),
        ("audit-log", SQL(isForBrand: false, text: log)),
        ("one-actor", SQL(isForBrand: true, text: actor)),
        ("one-customer", SQL(isForBrand: true, text: actor + purchases)),
        ("one-consent", SQL(isForBrand: true, text: actor + consent)),
        ("one-restriction", SQL(isForBrand: true, text: actor + restriction)),
        ("one-belief", SQL(isForBrand: true, text: actor + belief)),
        ("one-disclosure", SQL(isForBrand: true, text: actor + disclosure)),
        ("one-segment", SQL(isForBrand: true, text: actor + segment)),
        ("one-consenting-segment", SQL(isForBrand: true, text: actor + consent + segment)),
        ("one-draft", SQL(isForBrand: true, text: experiment)),
        ("one-experiment", SQL(isForBrand: true, text: experiment + started)),
        ("one-paused-experiment", SQL(isForBrand: true, text: experiment + started + paused)),
        ("one-completed-experiment", SQL(isForBrand: true, text: experiment + started + completed)),
        ("one-metric", SQL(isForBrand: true, text: experiment + metric)),
        ("one-plan", SQL(isForBrand: true, text: experiment + metric + plan + started)),
        ("one-segmented-plan", SQL(isForBrand: true, text: experiment + metric + plan + segments + started)),
        ("one-sticky-plan", SQL(isForBrand: true, text: experiment + sticky + metric + plan + started)),
        (
            "one-bandit-experiment",
            SQL(isForBrand: true, text: experiment + sticky + metric + plan + started + shareRule)
        ),
        ("one-policy", SQL(isForBrand: true, text: policy)),
        ("one-promoted-policy", SQL(isForBrand: true, text: policy + promoted)),
        ("one-gated-policy", SQL(isForBrand: true, text: policy + "UPDATE policies SET requires_replay = 1;")),
        ("one-prompt", SQL(isForBrand: true, text: prompt)),
        ("one-flow", SQL(isForBrand: true, text: flow)),
        ("one-model-experiment", SQL(isForBrand: true, text: experiment + policy + prompt + flow + referring)),
        ("one-layer", SQL(isForBrand: true, text: experiment + started + layer + slot)),
        ("one-free-layer", SQL(isForBrand: true, text: layer)),
        ("one-holdout", SQL(isForBrand: true, text: holdout)),
        ("one-measured-holdout", SQL(isForBrand: true, text: holdout + metric)),
        ("one-planned-holdout", SQL(isForBrand: true, text: holdout + metric + plan)),
        ("one-saved-group", SQL(isForBrand: true, text: savedGroup)),
        ("one-forced-unit", SQL(isForBrand: true, text: experiment + started + forced)),
        ("one-dataset", SQL(isForBrand: true, text: policy + judged + dataset)),
        ("one-sealed-dataset", SQL(isForBrand: true, text: dataset + sealedDataset)),
        ("one-judged-policy", SQL(isForBrand: true, text: policy + judged + dataset + sealedDataset)),
        ("one-replay", SQL(isForBrand: true, text: policy + judged + dataset + sealedDataset + replay)),
        ("one-bandit", SQL(isForBrand: true, text: policy + judged + bandit)),
        ("one-offer", SQL(isForBrand: true, text: offer)),
        ("one-template", SQL(isForBrand: true, text: template)),
        ("one-offer-template", SQL(isForBrand: true, text: offer + template)),
        ("one-campaign", SQL(isForBrand: true, text: offer + template + campaign)),
        ("one-import", SQL(isForBrand: true, text: importing)),
        ("one-import-done", SQL(isForBrand: true, text: importing + "UPDATE jobs SET status = 'completed';")),
    ]

    private static let organization = """
        INSERT INTO organizations (id, name, created_at)
        VALUES (x'01930000000070008000000000000001', 'Corner Shops Ltd', 1767225600000000);

        """

    private static let brand = """
        INSERT INTO brands (id, organization, name, industry, mode, time_zone, currency, status, created_at, version)
        VALUES (x'01930000000070008000000000000011', x'01930000000070008000000000000001', 'Corner Shop', 'retail',
            'live', 'Europe/Berlin', 'EUR', 'active', 1767225600000000, 2);

        """

    private static let user = """
        INSERT INTO users (id, brand, email, name, role, password_salt, password_digest, created_at, version)
        VALUES (x'01930000000070008000000000000051', x'01930000000070008000000000000011', 'ada@example.org', 'Ada',
            'owner', zeroblob(16), zeroblob(32), 1767225600000000, 1);

        """

    private static let key = """
        INSERT INTO keys (id, kid, brand, name, mode, scopes, industries, segments, rate, burst, bucket, digest,
            pepper_version, status, created_at, version)
        VALUES (x'01930000000070008000000000000021', 'k7Qm2xTz', x'01930000000070008000000000000011', 'web shop',
            'live', '["signals:write"]', '[]', '[]', 100, 200, x'01930000000070008000000000000021', zeroblob(32), 1, 'active',
            1767225600000000, 1);

        """

    /// Signed with the key whose seed are the bytes 0 to 31.
    private static let log = """
        INSERT INTO audit_entries (leaf_index, id, at, service, principal, brand, method, ids, fields)
        VALUES (0, x'01930000000070008000000000000051', 1767225600000000, 'tenancy', 'admin', x'01930000000070008000000000000011',
            'brands.provision', '["01930000-0000-7000-8000-000000000011"]', '["name"]');
        INSERT INTO audit_nodes (level, position, hash) VALUES
            (0, 0, x'f2a5fd46ca988c719ad87014b57f7a6ffb069b808c7fbe5143dd9707df315ed5');
        INSERT INTO audit_entries (leaf_index, id, at, service, principal, brand, method, ids, fields)
        VALUES (1, x'01930000000070008000000000000052', 1767225601000000, 'tenancy', 'admin', x'01930000000070008000000000000011',
            'keys.create', '["01930000-0000-7000-8000-000000000011","01930000-0000-7000-8000-000000000021"]',
            '["brandId","name","scopes"]');
        INSERT INTO audit_nodes (level, position, hash) VALUES
            (0, 1, x'8aeefd64a81b37faff5779210771ddf599746bb561c260d0391f95831ddd7249');
        INSERT INTO audit_entries (leaf_index, id, at, service, principal, brand, method, ids, fields)
        VALUES (2, x'01930000000070008000000000000053', 1767225602000000, 'tenancy', 'admin', x'01930000000070008000000000000011',
            'keys.revoke', '["01930000-0000-7000-8000-000000000021"]', '["id","reason"]');
        INSERT INTO audit_nodes (level, position, hash) VALUES
            (0, 2, x'2f892ed77cdaa54abd9fee6207cdd44274f7b82ada286fcbbf61db92d82ef568');
        INSERT INTO audit_nodes (level, position, hash) VALUES
            (1, 0, x'266e560305c1753788a98ad3f6a7c012e686e15f7ebebc91eac7b482793c3b58');
        INSERT INTO tree_heads (tree_size, root_hash, signed_at, public_key, signature) VALUES (3,
            x'ed4eadb3a485a9e08389e0ec7e42be2b2037b599f94943185e204ae16ccab2aa', 1767225602000000,
            x'03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8',
            x'319949d6e4abbe4d0d248f53552ff955e469a06a2ef2790792ae7929f86e0c8a8dd31556f0f4c235d88e28053f7721a97c322b5eb89d48fe37e00a52c0c3ca0a');

        """

    private static let actor = """
        INSERT INTO actors (number, id, kind, created_at)
        VALUES (1, x'01930000000070008000000000000041', 'individual', 1767225600000000);
        INSERT INTO identifiers (type, value, actor, first_seen_at) VALUES ('customerId', '00001', 1, 1767225600000000);
        INSERT INTO traits (actor, name, value, stated_at, message_id)
        VALUES (1, 'plan', '"gold"', 1767225600000000, 'm-0');

        """

    private static let purchases = """
        INSERT INTO signals (message_id, event, actor, occurred_at, received_at, revenue, currency) VALUES
            ('m-1', 'Order Completed', 1, 1748858400000000, 1748858400000000, 293300, 'EUR'),
            ('m-2', 'Order Completed', 1, 1750328100000000, 1750328100000000, 297300, 'EUR'),
            ('m-3', 'Order Completed', 1, 1756720800000000, 1756720800000000, 149600, 'EUR'),
            ('m-4', 'Order Refunded', 1, 1757000000000000, 1757000000000000, -100000, 'EUR');

        """

    private static let consent = """
        INSERT INTO consent_entries (sequence, actor, purpose, is_withdrawal, legal_basis, notice_version, method, source,
            text_hash, stated_at, expires_at, recorded_at, recorded_by)
        VALUES (1, 1, 'marketing', 0, 'consent', '2026-01', 'doubleOptIn', 'shop.example/newsletter',
            '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08', 1735689600000000, 1830297600000000,
            1735689600000000, 'key:01930000-0000-7000-8000-000000000021');
        INSERT INTO consents (number, actor, purpose, entry) VALUES (1, 1, 'marketing', 1);

        """

    private static let restriction = """
        INSERT INTO processing_restrictions (actor, kind, source, since)
        VALUES (1, 'restriction', 'controller', 1735689600000000);

        """

    private static let disclosure = """
        INSERT INTO recipients (number, id, name, kind, address, contact, notice_url, created_at, version)
        VALUES (1, x'01930000000070008000000000000061', 'Northern Laboratory', 'controller',
            '1 Harbour Road, Springfield', 'privacy@lab.example', 'https://lab.example/notices', 1767225600000000, 1);
        INSERT INTO disclosures (sequence, actor, recipient, disclosed_at, last_disclosed_at, times, description, purpose,
            accounting, reference, recorded_at, recorded_by)
        VALUES (1, 1, 1, 1748736000000000, 1748736000000000, 1, 'blood group', 'a public health study', 'due', 'P-77',
            1748736000000000, 'key:01930000-0000-7000-8000-000000000021');

        """

    private static let offer = """
        INSERT INTO offers (id, key, name, kind, terms, code, created_at, updated_at, version)
        VALUES (x'01930000000070008000000000000901', 'spring-10', 'Ten percent off', 'percentOff',
            '{"kind":"percentOff","share":1000}', 'SPRING', 1767225600000000, 1767225600000000, 1);

        """

    private static let template = """
        INSERT INTO templates (id, key, version, channel, subject, body, content_type, fields, hash, created_at)
        VALUES (x'01930000000070008000000000000902', 'spring', 1, 'mailbox', 'Spring, {{person.firstName}}',
            'Hello {{person.firstName}}, {{offer.name}} is for you: {{offer.code}}.', 'text', '["firstName"]',
            x'715ebf17ef75237e00921c564e7fe41551cd3930d1776db2fe080f38b27a57ad', 1767225600000000);

        """

    private static let campaign = """
        INSERT INTO campaigns (id, key, name, type, category, purpose, audience, channels, holdout, schedule, limits,
            quiet_hours, outcome, status, created_by, created_at, updated_at, version)
        VALUES (x'01930000000070008000000000000903', 'spring', 'Spring for regulars', 'campaign', 'retention', 'marketing',
            '{"include":["regulars"]}', '["mailbox"]', 2000, '{"kind":"immediate"}',
            '{"budget":"500.00","currency":"USD","costPerMessage":"0.05","maximumExposures":1,"minimumDaysBetween":3}',
            '{"from":"21:00","until":"08:00"}', '{"event":"order","windowDays":14}', 'draft', 'admin',
            1767225600000000, 1767225600000000, 1);
        INSERT INTO campaign_arms (number, campaign, place, key, share, offer) VALUES (1, 1, 0, 'ten-percent', 8000, 1);
        INSERT INTO arm_templates (arm, place, template) VALUES (1, 0, 1);

        """

    private static let segment = """
        INSERT INTO segments (number, id, key, name, rule, created_at, updated_at, version)
        VALUES (1, x'01930000000070008000000000000063', 'gold', 'Gold customers', '{"trait":"plan","is":"gold"}',
            1767225600000000, 1767225600000000, 1);
        INSERT INTO segment_sizes (segment, day, people, everybody, counted_at)
        VALUES (1, 20454, 1, 1, 1767225600000000);

        """

    private static let belief = """
        INSERT INTO belief_evidence (number, id, actor, offer_kind, channel, responded, at, campaign, sources, recorded_at)
        VALUES (1, x'01930000000070008000000000000092', 1, 'percentOff', 'email', 0, 1759449600000000,
            x'01930000000070008000000000000091', '[]', 1759449600000000),
        (2, x'01930000000070008000000000000093', 1, 'percentOff', 'email', 1, 1767225600000000,
            x'01930000000070008000000000000091', '["01930000-0000-7000-8000-000000000094"]', 1767225600000000);
        INSERT INTO belief_log (actor, offer_kind, channel, version, change, evidence, responded, at, campaign, sources,
            changed_at, changed_by)
        SELECT actor, offer_kind, channel, number, 'added', id, responded, at, campaign, sources, recorded_at,
            'service:stimuli'
        FROM belief_evidence ORDER BY number;

        """

    private static let experiment = """
        INSERT INTO experiments (number, id, key, name, hypothesis, unit_type, status, hash_version, seed, hash_attribute,
            prerequisites, is_sticky, bucket_version, minimum_bucket_version, created_at, updated_at, version)
        VALUES (1, x'01930000000070008000000000000071', 'checkout', 'Free delivery at checkout', 'More orders are finished.',
            'user', 'draft', 2, 'checkout', 'id', '[]', 0, 0, 0, 1767225600000000, 1767225600000000, 1);
        INSERT INTO variants (number, experiment, key, place, name, allocation, is_control) VALUES
            (1, 1, 'control', 0, NULL, 5000, 1), (2, 1, 'free-delivery', 1, 'Free delivery', 5000, 0);

        """

    private static let metric = """
        INSERT INTO metrics (id, key, name, kind, event, source, delay_seconds, window_seconds, counts_finished_windows_only,
            look_back_seconds, direction, created_at, version)
        VALUES (x'01930000000070008000000000000081', 'orders', 'Orders', 'count', 'Order Completed', 'signals', 0, 604800, 0,
            2592000, 'higherIsBetter', 1767225600000000, 1);

        """

    private static let plan = """
        INSERT INTO result_plans (experiment, engine, alpha, correction, planned_units, sample_ratio_alpha, version)
        VALUES (1, 'alwaysValid', 0.05, 'holm', 10000, 0.001, 1);
        INSERT INTO planned_metrics (experiment, metric, place, role, scale) VALUES (1, 1, 0, 'goal', 'relative');

        """

    private static let segments = """
        INSERT INTO segments (experiment, place, attribute, value) VALUES
            (1, 0, 'country', 'DE'), (1, 1, 'country', NULL);

        """

    private static let started = """
        UPDATE experiments SET status = 'active', phase = 1, version = 2;
        INSERT INTO phases (experiment, number, opened_at, reason, prerequisites)
        VALUES (1, 1, 1767225600000000, 'start', '[]');
        INSERT INTO phase_arms (experiment, phase, place, variant, buckets) VALUES
            (1, 1, 0, 1, '[[0,5000]]'), (1, 1, 1, 2, '[[5000,10000]]');
        UPDATE assignment_config SET version = 1;

        """

    private static let sticky = "UPDATE experiments SET is_sticky = 1;"
    private static let shareRule = """
        INSERT INTO share_rules (experiment, metric, method, floor, burn_in_units, period_seconds, version)
        VALUES (1, 1, 'thompson', 500, 100, 86400, 1);

        """
    private static let paused = "UPDATE experiments SET status = 'paused', version = 3;"
    private static let completed = """
        UPDATE phases SET closed_at = 1767225600000000;
        UPDATE experiments SET status = 'completed', version = 3;

        """

    private static let policy = """
        INSERT INTO policies (number, id, name, description, requires_replay, created_at, updated_at, version)
        VALUES (1, x'01930000000070008000000000000081', 'planner_policy', 'Plans a week of meals.', 0, 1767225600000000,
            1767225600000000, 1);
        INSERT INTO policy_versions (number, id, policy, version, mlflow_model_name, mlflow_model_version,
            config_defaults, hash, status, created_at, status_changed_at)
        VALUES (1, x'01930000000070008000000000000082', 1, 1, 'planner_model', '4',
            '{"temperature":0.7,"max_tokens":2048}',
            x'8cfad259f71a3c60c251938f0edc10c59a56954a4844e0bda68a26b862d58fb7', 'active', 1767225600000000,
            1767225600000000);

        """

    private static let promoted = "UPDATE policies SET current_version = 1, version = 2;"

    private static let prompt = """
        INSERT INTO prompt_versions (number, id, name, version, template, model_provider, model_name, params, hash,
            created_at)
        VALUES (1, x'01930000000070008000000000000083', 'onboarding', 1, 'Welcome, {{first_name}}!', 'anthropic',
            'claude-sonnet-4.5', '{"temperature":0.7}',
            x'8fcde2476866402301d3ea1240de54b289df5da93f42f68e6bf685d5f3bcbfea', 1767225600000000);

        """

    private static let flow = """
        INSERT INTO flows (number, id, name, version, initial_state, states, transitions, hash, created_at)
        VALUES (1, x'01930000000070008000000000000084', 'onboarding', 1, 'welcome',
            '[{"name":"welcome"},{"name":"goals"},{"name":"done","isTerminal":true}]',
            '[{"from":"welcome","event":"answered","to":"goals"},{"from":"goals","event":"answered","to":"done"}]',
            x'612e6d1e2d2a0b335e82413bf62c3e156c35f2cb026862718a4f55982a4ada80', 1767225600000000);

        """

    private static let referring = """
        UPDATE variants SET config = json_object('execution_strategy', 'hybrid',
            'mlflow_model', json_object('policy_version_id', '01930000-0000-7000-8000-000000000082'),
            'prompt_config', json_object('prompt_version_id', '01930000-0000-7000-8000-000000000083'),
            'flow_config', json_object('flow_id', 'onboarding_v1'), 'params', json_object('temperature', 0.2))
        WHERE key = 'free-delivery';
        INSERT INTO variant_references (variant, policy_version, prompt_version, flow) VALUES (2, 1, 1, 1);

        """

    private static let layer = """
        INSERT INTO layers (number, id, key, name, hash_version, seed, hash_attribute, created_at, updated_at, version)
        VALUES (1, x'01930000000070008000000000000081', 'checkout-page', 'The checkout page', 2, 'layer:checkout-page',
            'id', 1767225600000000, 1767225600000000, 1);

        """

    private static let slot = "INSERT INTO layer_ranges (layer, lower, upper, experiment) VALUES (1, 0, 5000, 1);"

    private static let holdout = """
        INSERT INTO holdouts (number, id, key, name, share, scope, unit_type, hash_version, seed, hash_attribute, start_at,
            created_at, updated_at, version)
        VALUES (1, x'01930000000070008000000000000082', '2026', 'Nothing new in 2026', 500, 'everything', 'user', 2,
            'holdout:2026', 'id', 1767225600000000, 1767225600000000, 1767225600000000, 1);
        INSERT INTO experiments (number, id, key, name, unit_type, status, hash_version, seed, hash_attribute, prerequisites,
            is_sticky, bucket_version, minimum_bucket_version, start_at, created_at, updated_at, version, holdout)
        VALUES (1, x'01930000000070008000000000000082', 'holdout:2026', 'Nothing new in 2026', 'user', 'draft', 2,
            'holdout:2026', 'id', '[]', 0, 0, 0, 1767225600000000, 1767225600000000, 1767225600000000, 1, 1);
        UPDATE experiments SET status = 'active', phase = 1;
        INSERT INTO variants (number, experiment, key, place, allocation, is_control)
        VALUES (1, 1, 'withheld', 0, 500, 1), (2, 1, 'admitted', 1, 9500, 0);
        INSERT INTO phases (experiment, number, opened_at, reason, prerequisites)
        VALUES (1, 1, 1767225600000000, 'start', '[]');
        INSERT INTO phase_arms (experiment, phase, place, variant, buckets)
        VALUES (1, 1, 0, 1, '[[0,500]]'), (1, 1, 1, 2, '[[500,10000]]');

        """

    private static let savedGroup = """
        INSERT INTO saved_groups (number, key, name, attribute, created_at, updated_at, version)
        VALUES (1, 'testers', 'Testers', 'id', 1767225600000000, 1767225600000000, 1);
        INSERT INTO saved_group_entries (saved_group, value) VALUES (1, 'u1'), (1, 'u2');

        """

    private static let forced = """
        INSERT INTO units (number, id, type, unit, first_seen_at)
        VALUES (1, x'01930000000070008000000000000083', 'user', 'qa-1', 1767225600000000);
        INSERT INTO forced_assignments (experiment, unit, variant, set_at, set_by)
        VALUES (1, 1, 2, 1767225600000000, 'admin');

        """

    private static let dataset = """
        INSERT INTO datasets (number, id, name, label, arms, features, reward, scores, metrics, targets, hash, created_at)
        VALUES (1, x'019300000000700080000000000000a1', 'meals', '2026-01', '["plain","spicy"]', '["visits"]',
            'orders within a week', '["planAlignment"]', '["margin"]', '["planner-4"]',
            x'9553dac907a577165feedc313f610a3df0883bc2fbbf0b3d84be11fe4f5af2d9', 1767225600000000);

        """

    private static let judged = """
        INSERT INTO policy_versions (number, id, policy, version, config_defaults, hash, status, created_at,
            status_changed_at)
        VALUES (2, x'019300000000700080000000000000a3', 1, 2, '{}', zeroblob(32), 'active', 1767225600000000, 1767225600000000);

        """

    private static let sealedDataset = """
        INSERT INTO dataset_hashes (dataset, row, hash) VALUES
            (1, 0, x'0db794d24a72067b506a8495b7abada04b5238bbaee78c4e84632d65c162039e'),
            (1, 1, x'76e1b15a09b580f1c6965ae8ae5ae835216973e70e71dc5f0c4cfcbe962d0d2b'),
            (1, 2, x'ec19b2906bc4f9071494337adca25da1548b1e8f96d68d3bc8f7803290d8edc0');
        INSERT INTO dataset_rows (dataset, row, body) VALUES
            (1, 0, '{"features":[1],"arm":"plain","propensities":[0.5,0.5],"reward":1,"targets":{"planner-4":[0.25,0.75]},"metrics":{"margin":2.5},"plan":["soup","rice"],"done":["rice"]}'),
            (1, 1, '{"features":[3],"arm":"spicy","propensity":0.5,"reward":0,"targets":{"planner-4":[0.25,0.75]}}'),
            (1, 2, '{"features":[2],"arm":"plain","propensity":0.5,"reward":2,"targets":{"planner-4":[1,0]}}');
        UPDATE datasets SET rows = 3, sealed_at = 1767225600000000,
            hash = x'9df277c0d674de3cf8a27b932ecea1cb33a6e813d7bfecccc5cb3652b35656d5';

        """

    private static let replay = """
        INSERT INTO jobs (id, kind, status, done, total, unit, created_at, updated_at)
        VALUES (x'019300000000700080000000000000a2', 'policyReplay', 'running', 0, 3, 'rows', 1767225600000000, 1767225600000000);
        INSERT INTO replays (number, id, policy_version, baseline_version, dataset, settings)
        VALUES (1, x'019300000000700080000000000000a2', 2, 1, 1,
            '{"policyVersionId":"01930000-0000-7000-8000-0000000000a3","datasetId":"01930000-0000-7000-8000-0000000000a1","target":{"type":"supplied","name":"planner-4"},"baselineVersionId":"01930000-0000-7000-8000-000000000082","baselineTarget":{"type":"logged"},"metric":"reward","direction":"higherIsBetter","estimators":["ips","snips"],"decidedBy":"snips"}');

        """

    private static let bandit = """
        INSERT INTO bandits (number, id, key, policy_version, kind, arms, features, floor, optimism, penalty, decisions,
            created_at)
        VALUES (1, x'019300000000700080000000000000a4', 'dinner', 2, 'thompson', '["plain","spicy"]', '[]',
            0.1, 1, 1, 1, 1767225600000000);
        INSERT INTO bandit_arms (bandit, place, figures) VALUES (1, 0, zeroblob(16)), (1, 1, zeroblob(16));
        INSERT INTO decisions (number, id, bandit, sequence, features, place, propensities, decided_at)
        VALUES (1, x'019300000000700080000000000000a5', 1, 1, '[]', 0, '[0.5,0.5]', 1767225600000000);

        """

    private static let importing = """
        INSERT INTO jobs (id, kind, status, unit, created_at, updated_at)
        VALUES (x'01930000000070008000000000000031', 'import', 'running', 'bytes', 1767225600000000, 1767225600000000);
        INSERT INTO imports (id, source, mapping)
        VALUES (x'01930000000070008000000000000031', 'shop',
            '{"source_fields": {"customer_id": "identifier.customerId", "date": "timestamp", "amount_usd": "revenue"},
              "constants": {"event": "Order Completed", "currency": "USD"}}');

        """
}
