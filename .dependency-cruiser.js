/**
 * Who may import whom, each rule with its reason. Data walks one way through the house: ARCHITECTURE.md.
 * Every rule reads: files under `from` may reach nothing of this project but what `allow` names.
 */
const may = (name, from, allow, comment) => ({
  name,
  severity: 'error',
  comment,
  from: { path: from },
  to: { path: '^(events|projections|src|test|infra)/', pathNot: [from, ...allow] },
});

// A folder of its own below a port is an adapter, whichever comes next.
const adapters = '^src/(ledger/(?!merkle/)[^/]+|overlay/[^/]+|roles/[^/]+|siem/(nats|sinks/[^/]+))/';
const runtimeBasics =
  '^src/runtime/(ids|errors|natural-order|nearest|printable|credentials|found-text|system-reason)\\.ts$';
const ledgerPort = '^src/ledger/[^/]+\\.ts$';
const overlayCore = '^src/overlay/[^/]+\\.ts$';
const rolesCore = '^src/roles/[^/]+\\.ts$';

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'Data walks one way.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      severity: 'error',
      comment: 'A file that nothing reaches has no job.',
      from: { orphan: true, pathNot: ['\\.test\\.ts$', '\\.d\\.ts$'] },
      to: {},
    },
    {
      name: 'nothing-imports-tests',
      severity: 'error',
      comment: 'The product stands without its tests and its examples.',
      from: { pathNot: '^test/' },
      to: { path: '^test/' },
    },
    {
      name: 'nothing-imports-infra',
      severity: 'error',
      comment: 'How the program is packed, and its examples, are outside of it. Tests try them.',
      from: { pathNot: '^(test|infra)/' },
      to: { path: '^infra/' },
    },
    {
      name: 'declared-dependencies-only',
      severity: 'error',
      comment: 'What the product needs is in dependencies, not in devDependencies or by accident.',
      from: { path: '^(events|projections|src)/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined'] },
    },
    {
      name: 'events-are-self-contained',
      severity: 'error',
      comment: 'The contract is read by others: zod, canonicalize and digests, nothing else.',
      from: { path: '^events/' },
      to: { pathNot: ['^events/', '^node_modules/(zod|canonicalize)/', '^(node:)?crypto$'] },
    },
    {
      name: 'the-contract-is-apart-from-its-codec',
      severity: 'error',
      comment:
        'An event is what it is, however it is read: the contract needs canonical bytes for digests, and no decoding.',
      from: { path: '^events/[^/]+\\.ts$' },
      to: { path: '^events/codec/', pathNot: '^events/codec/(canonical|defined)\\.ts$' },
    },
    {
      name: 'projections-are-pure',
      severity: 'error',
      comment:
        'A fold over events: no clock, no random, no input or output, so no library and no module of the platform.',
      from: { path: '^projections/' },
      to: { pathNot: ['^events/', '^projections/'] },
    },
    {
      name: 'the-second-opinion-is-independent',
      severity: 'error',
      comment:
        'A bug in decision, translation or planning must show as a violation; so the verifier shares none of their code.',
      from: { path: '^(projections/isolation|src/verify)/' },
      to: {
        path: '^(src/(translate|overlay|domain|policy|apply)|projections/(?!isolation/)|events/set-digest)',
        pathNot: '^src/overlay/port\\.ts$',
      },
    },
    {
      name: 'projections-do-not-reach-the-second-opinion',
      severity: 'error',
      comment: 'Independence holds both ways.',
      from: { path: '^projections/(?!isolation/)' },
      to: { path: '^projections/isolation/' },
    },
    may('policy', '^src/policy/', ['^events/', runtimeBasics], 'Documents know names, not state.'),
    may(
      'domain',
      '^src/domain/',
      ['^events/', '^projections/(?!isolation/)', runtimeBasics],
      'Decisions see the estate and nothing of how it is stored.',
    ),
    may(
      'translate',
      '^src/translate/',
      ['^events/', '^projections/(?!isolation/)', runtimeBasics],
      'Intended state to overlay objects, pure.',
    ),
    may(
      'overlay-core',
      overlayCore,
      ['^events/', runtimeBasics, '^src/runtime/(clock|time-awake)\.ts$'],
      'Delta and plan know objects, not policies. A driver that is waited for is given a clock.',
    ),
    may(
      'ledger-core',
      '^src/ledger/([^/]+\\.ts$|merkle/)',
      ['^src/ledger/merkle/', ledgerPort, '^events/', runtimeBasics],
      'The port knows bytes and order, no adapter.',
    ),
    may(
      'ledger-adapters',
      '^src/ledger/(?!merkle/)[^/]+/',
      ['^src/ledger/[^/]+\\.ts$', '^src/ledger/merkle/', '^events/', '^src/runtime/'],
      'An adapter knows its port and its client.',
    ),
    may(
      'overlay-adapters',
      '^src/overlay/[^/]+/',
      ['^src/overlay/(port|faults|fence|delta|watching)\\.ts$', '^events/', '^src/runtime/'],
      'A driver knows its port, the fence that every driver keeps, how hosts are watched, and its client.',
    ),
    may(
      'roles',
      rolesCore,
      ['^events/service\\.ts$', runtimeBasics, '^src/runtime/clock\\.ts$'],
      'Who may act as what: a role is a word, and knows nothing of the work that is done in its name.',
    ),
    may(
      'role-adapters',
      '^src/roles/[^/]+/',
      [rolesCore, '^src/runtime/'],
      'An adapter knows its port and its client. A lock is no ledger, whatever both are kept in.',
    ),
    may(
      'projector',
      '^src/projector/',
      ['^events/', '^projections/', ledgerPort, '^src/ledger/merkle/', '^src/runtime/'],
      'Runs folds over a ledger and keeps their state.',
    ),
    may(
      'apply',
      '^src/apply/',
      [
        overlayCore,
        '^src/translate/',
        '^projections/(?!isolation/)',
        '^src/domain/',
        '^src/projector/',
        ledgerPort,
        rolesCore,
        '^events/',
        '^src/runtime/',
      ],
      'The applier drives; it does not judge isolation.',
    ),
    may(
      'verify',
      '^src/verify/',
      [
        '^projections/isolation/',
        ledgerPort,
        '^src/ledger/merkle/',
        '^src/overlay/port\\.ts$',
        '^events/',
        '^src/(words|runtime)/',
      ],
      'Reads events and nothing else.',
    ),
    may(
      'siem',
      '^src/siem/',
      [
        ledgerPort,
        '^src/ledger/merkle/',
        '^src/serve/(role|retry)\\.ts$',
        '^events/',
        '^src/(words|runtime)/',
      ],
      'What goes out to others is the events, in their order, with the hash of each and a sentence about it. What a service does of that knows what a role is, and how its roles wait.',
    ),
    may(
      'serve',
      '^src/serve/',
      [
        '^src/(apply|projector|tasks|words|runtime)/',
        '^src/verify/violations/',
        '^projections/(?!isolation/)',
        ledgerPort,
        overlayCore,
        rolesCore,
        '^events/',
      ],
      'What runs for years asks what commands ask, and is handed its ports.',
    ),
    may(
      'api',
      '^src/api/',
      [
        '^src/serve/(durations|role|states|verdict-counts)\\.ts$',
        '^src/siem/(event-stream\\.ts$|formats/|sinks/delivery-counts\\.ts$)',
        '^src/(projector|tasks|words|runtime)/',
        '^projections/(?!isolation/)',
        ledgerPort,
        '^events/',
        '^package\\.json$',
      ],
      'What is asked by HTTP asks what commands ask, and knows how the roles of its process stand.',
    ),
    {
      name: 'only-the-api-has-a-server',
      severity: 'error',
      comment:
        'A server is much to be read at a start: it is loaded once a service listens, and by nobody else.',
      from: { path: '^src/', pathNot: '^src/api/' },
      to: { path: '^(node_modules/fastify/|src/api/)', dependencyTypesNot: ['dynamic-import', 'type-only'] },
    },
    may(
      'words',
      '^src/words/',
      ['^events/', runtimeBasics],
      'The verifier says the same words as those whom it judges, and may not reach them by way of the words.',
    ),
    may(
      'tasks',
      '^src/tasks/',
      [
        '^events/',
        '^projections/',
        '^src/(policy|domain|translate|apply|verify|siem|projector|words|runtime)/',
        ledgerPort,
        '^src/ledger/merkle/',
        overlayCore,
        rolesCore,
      ],
      'A use case knows ports, never an adapter, the composition, or who asks: the command line today, an API later.',
    ),
    {
      name: 'tasks-speak-to-nobody',
      severity: 'error',
      comment:
        "A use case takes values and gives values: words for people and options are the command line's.",
      from: { path: '^src/(?!cli/|compose)' },
      to: { path: '^node_modules/commander/' },
    },
    may(
      'runtime',
      '^src/runtime/',
      ['^events/'],
      'Clock, ids, log, configuration and errors know nothing of the product.',
    ),
    {
      name: 'only-compose-imports-adapters',
      severity: 'error',
      comment: 'One folder decides which adapter serves which URL, shard and role.',
      from: { path: '^src/', pathNot: ['^src/compose/', adapters] },
      to: { path: adapters },
    },
    ...[
      ['ledgers', 'ledger'],
      ['drivers', 'overlay'],
      ['roles', 'roles'],
      ['sinks', 'siem/sinks'],
      ['workspace', 'none'],
    ].map(([file, kind]) => ({
      name: `compose-${file}-knows-its-adapters`,
      severity: 'error',
      comment:
        'Each file of the composition knows one kind of adapter; the workspace puts together what they chose.',
      from: { path: `^src/compose/${file}\\.ts$` },
      to: { path: adapters, pathNot: `^src/${kind}/` },
    })),
    {
      name: 'only-entrances-compose',
      severity: 'error',
      comment: 'Whoever starts a process chooses the adapters; everything else is handed ports.',
      from: { path: '^(events|projections|src)/', pathNot: ['^src/cli/', '^src/compose/'] },
      to: { path: '^src/compose/' },
    },
    {
      name: 'adapters-do-not-meet',
      severity: 'error',
      comment: 'An adapter that needs another one is a sign that the port lacks something.',
      from: { path: '^src/(ledger|overlay|roles|siem/sinks)/([^/]+)/', pathNot: '^src/ledger/merkle/' },
      to: { path: adapters, pathNot: '^src/$1/$2/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Benchmark peers have a package of their own, which is not installed with this one.
    exclude: { path: '^test/bench/peers/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.js'], conditionNames: ['import', 'node', 'types'] },
  },
};
