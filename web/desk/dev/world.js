/** Made-up incidents at real places, the same at every start. */

const NOTES = [
  '',
  '',
  '',
  'Біля школи, з боку річки.',
  'Чули два, потім ще один.',
  'Дим видно з траси.',
  'Сусіди кажуть те саме.',
  'Колона стоїть на узбіччі, люди пройшли пішки.',
  'Heard it twice from the north.',
  'Вікна повилітали в трьох будинках.',
];

export class World {
  constructor(form, csv) {
    this.form = form;
    this.places = csv
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(','))
      .filter((row) => Number(row[6]) > 3000);
    this.reset(90);
  }

  reset(count) {
    this.seed = 7;
    this.now = Math.floor(Date.now() / 1000);
    this.incidents = new Map();
    this.reports = new Map();
    this.history = new Map();
    this.warnings = [];
    this.next = 1;
    this.accepted = 0;
    for (let n = 0; n < count; n++) this.spawn(this.now - Math.floor(this.random() ** 2 * 10800) - 60);
    const sure = [...this.incidents.values()].filter((i) => i.sources >= 4);
    for (const incident of sure.slice(0, Math.ceil(sure.length / 2))) this.decide(incident, 'confirmed');
    for (const incident of [...this.incidents.values()].filter((i) => i.confidence < 0.4).slice(0, 6))
      this.decide(incident, 'disputed');
    for (const incident of sure.slice(0, 4))
      if (this.kind(incident.kind).cap) this.publish(incident, {}, true);
  }

  random() {
    this.seed = (this.seed * 1664525 + 1013904223) % 4294967296;
    return this.seed / 4294967296;
  }

  kind(code) {
    return this.form.kinds.find((kind) => kind.code === code);
  }

  spawn(at) {
    const weighty = [1, 1, 2, 2, 2, 3, 4, 4, 4, 6, 6, 15, 7, 9, 16, 12, 14, 18, 19, 21, 11, 20];
    const kind = weighty[Math.floor(this.random() * weighty.length)];
    const place = this.places[Math.floor(this.random() ** 2 * this.places.length)];
    const id = this.next++;
    const incident = {
      id,
      kind,
      kinds: [],
      lat: Number(place[4]) + (this.random() - 0.5) * 0.06,
      lon: Number(place[5]) + (this.random() - 0.5) * 0.09,
      radius_m: 300 + this.random() * 2500,
      first_seen: at,
      last_seen: at,
      last_report: at,
      sources: 0,
      reports: 0,
      confidence: 0.3,
      grade: 'D4',
      verdict: 'open',
      version: 0,
      warning: null,
      closed: false,
    };
    this.incidents.set(id, incident);
    this.reports.set(id, []);
    this.history.set(id, []);
    const people = Math.max(1, Math.round(-Math.log(1 - this.random()) * 2.2));
    for (let n = 0; n < people; n++)
      this.report(incident, Math.min(this.now - 5, at + Math.floor(this.random() * 240)));
    return incident;
  }

  report(incident, at) {
    const list = this.reports.get(incident.id);
    const repeat = list.length > 1 && this.random() < 0.12;
    const against = list.length > 0 && this.random() < 0.1;
    const person = repeat ? list[0].person : new Set(list.map((r) => r.person)).size + 1;
    list.push({
      report: (this.accepted += 1),
      person,
      stance: against ? 'against' : 'for',
      weight: repeat ? 0 : 0.15 + this.random() * 0.6,
      repeat,
      kind: against ? 24 : incident.kind,
      lat: incident.lat + (this.random() - 0.5) * 0.02,
      lon: incident.lon + (this.random() - 0.5) * 0.02,
      off_m: Math.round(100 + this.random() * 1500),
      seen: at,
      seen_off_s: 60,
      received: Math.min(this.now, at + Math.floor(this.random() * 300)),
      known: ['seen', 'heard', 'told'][Math.floor(this.random() * 3)],
      count: [3, 4, 5, 9].includes(incident.kind) ? 1 + Math.floor(this.random() * 6) : null,
      heading: [3, 4, 9].includes(incident.kind) ? Math.floor(this.random() * 8) * 45 : null,
      danger: this.random() < 0.05 ? 'acute' : 'none',
      note: NOTES[Math.floor(this.random() * NOTES.length)],
    });
    const people = new Set(list.filter((r) => r.stance === 'for').map((r) => r.person)).size;
    const doubt = list.filter((r) => r.stance === 'against').length;
    incident.sources = people;
    incident.reports = list.length;
    incident.confidence = Math.min(0.99, Math.max(0.05, 1 - 0.62 ** people - doubt * 0.2));
    incident.grade =
      'EDCBA'[Math.min(4, people)] +
      (incident.confidence > 0.9 ? 1 : incident.confidence > 0.7 ? 2 : incident.confidence > 0.5 ? 3 : 4);
    incident.kinds = [
      { kind: incident.kind, share: 0.8 },
      { kind: incident.kind === 1 ? 2 : 1, share: 0.15 },
    ];
    incident.last_seen = Math.max(incident.last_seen, at);
    incident.last_report = Math.max(incident.last_report, at);
    incident.radius_m = Math.max(200, incident.radius_m * 0.85);
    incident.version += 1;
  }

  step() {
    this.now = Math.floor(Date.now() / 1000);
    const changed = [];
    if (this.random() < 0.5) changed.push(this.spawn(this.now - 20));
    const recent = [...this.incidents.values()].sort((a, b) => b.last_seen - a.last_seen).slice(0, 25);
    for (let n = 0; n < 2; n++) {
      const incident = recent[Math.floor(this.random() * recent.length)];
      if (!incident || this.random() < 0.5) continue;
      this.report(incident, this.now - 10);
      changed.push(incident);
    }
    return { changed, gone: [] };
  }

  overview() {
    return {
      clock: { mode: 'live', now: this.now },
      kinds: this.form.kinds.map(({ code, name, label, warns, precision_m }) => ({
        code,
        name,
        label,
        warns,
        precision_m,
      })),
      region: [22, 44.3, 40.3, 52.4],
      counters: {
        accepted: this.accepted,
        duplicates: 12,
        cover: 340,
        enrolments: 7,
        messages: 21,
        check_ins: 96,
        refused: [
          { reason: 'seal', count: 3 },
          { reason: 'too-fine', count: 1 },
          { reason: 'author', count: 1 },
        ],
      },
      relays: [
        { url: 'http://127.0.0.1:8460', up: true, cursor: this.accepted + 355, trouble: null },
        { url: 'https://relay-two.example', up: false, cursor: 210, trouble: 'connection refused' },
      ],
      feeds: ['http://127.0.0.1:8460/v1/warnings.atom'],
    };
  }

  decide(incident, verdict) {
    incident.verdict = verdict;
    incident.version += 1;
    this.history.get(incident.id).push({ at: this.now, what: verdict });
  }

  draft(incident) {
    const kind = this.kind(incident.kind);
    const place = this.places.reduce((best, row) => (far(row, incident) < far(best, incident) ? row : best));
    const text = (language, name, near) => ({
      headline: `${kind.event[language]}: ${name}`,
      description:
        language === 'uk'
          ? `Незалежні повідомлення: ${incident.sources}. Востаннє ${near}.`
          : `Independent reports: ${incident.sources}. Last ${near}.`,
      instruction: kind.instruction[language],
      area: name,
    });
    const time = new Date(incident.last_seen * 1000).toISOString().slice(11, 16);
    return {
      incident: incident.id,
      severity: kind.cap.severity,
      urgency: kind.cap.urgency,
      certainty: incident.sources > 1 ? 'Observed' : 'Possible',
      lat: Math.round(incident.lat * 20) / 20,
      lon: Math.round(incident.lon * 20) / 20,
      radius_m: 8000,
      expires_s: kind.cap.expires_s,
      texts: { uk: text('uk', place[2], `о ${time}`), en: text('en', place[1], `at ${time}`) },
    };
  }

  publish(incident, request, byRule = false) {
    const draft = this.draft(incident);
    const warning = {
      id: `lapwing-${incident.id}-${this.history.get(incident.id).length}`,
      incident: incident.id,
      kind: incident.kind,
      state: 'active',
      by_rule: byRule,
      sent: this.now,
      expires: this.now + (request.expires_s ?? draft.expires_s),
      severity: request.severity ?? draft.severity,
      lat: draft.lat,
      lon: draft.lon,
      radius_m: draft.radius_m,
      texts: request.texts ?? draft.texts,
      published_to: 1,
    };
    this.history.get(incident.id).push({
      at: this.now,
      what: this.warnings.some((w) => w.incident === incident.id) ? 'updated' : 'warned',
    });
    this.warnings = [warning, ...this.warnings.filter((w) => w.incident !== incident.id)];
    incident.warning = warning.id;
    incident.version += 1;
    return warning;
  }

  answer(method, path, body, mode) {
    const missing = { status: 404, problem: 'not-found', title: 'no such thing' };
    if (path === '/api/overview') return { body: this.overview() };
    if (path === '/api/incidents')
      return { body: { incidents: [...this.incidents.values()].sort((a, b) => b.last_seen - a.last_seen) } };
    if (path === '/api/warnings' && method === 'GET') return { body: { warnings: this.warnings } };
    if (path === '/api/warnings' && method === 'POST') {
      const incident = this.incidents.get(body.incident);
      if (!incident) return missing;
      if (!this.kind(incident.kind).cap)
        return { status: 422, problem: 'never-public', title: 'never public' };
      return { status: 201, body: this.publish(incident, body), changed: incident, warnings: true };
    }
    const warn = /^\/api\/warnings\/([^/]+)\/(update|cancel)$/.exec(path);
    if (warn) {
      const warning = this.warnings.find((w) => w.id === decodeURIComponent(warn[1]));
      const incident = warning && this.incidents.get(warning.incident);
      if (!incident) return missing;
      if (warn[2] === 'update')
        return { body: this.publish(incident, body), changed: incident, warnings: true };
      Object.assign(warning, { state: 'cancelled', sent: this.now });
      incident.warning = null;
      incident.version += 1;
      this.history.get(incident.id).push({ at: this.now, what: 'cancelled' });
      return { body: warning, changed: incident, warnings: true };
    }
    const match = /^\/api\/incidents\/(\d+)(\/verdict|\/draft)?$/.exec(path);
    const incident = match && this.incidents.get(Number(match[1]));
    if (!incident) return missing;
    if (match[2] === '/draft')
      return this.kind(incident.kind).cap
        ? { body: this.draft(incident) }
        : { status: 422, problem: 'never-public', title: 'never public' };
    if (match[2] === '/verdict') {
      if (mode === 'conflict') {
        this.decide(incident, body.verdict === 'confirmed' ? 'disputed' : 'confirmed');
        return { status: 409, problem: 'changed', title: 'changed', incident };
      }
      this.decide(incident, body.verdict);
      return { body: incident, changed: incident };
    }
    return {
      body: { incident, reports: this.reports.get(incident.id), history: this.history.get(incident.id) },
    };
  }
}

function far(row, place) {
  return (Number(row[4]) - place.lat) ** 2 + ((Number(row[5]) - place.lon) * 0.65) ** 2;
}
