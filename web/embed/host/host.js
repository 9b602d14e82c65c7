// An everyday page: which documents a matter takes, and which of them are ready. It knows nothing of what else may run
// beside it.

const WORDS = {
  uk: {
    title: 'Документи: що взяти з собою',
    name: 'Документи',
    ask: 'Що взяти з собою?',
    why: 'Оберіть справу й позначайте, що вже готово. Позначки лишаються у цьому браузері.',
    matter: 'Справа',
    find: 'Знайти у переліку',
    clear: 'Зняти всі позначки',
    other: 'English',
    count: (ready, all) => `Готово: ${ready} з ${all}`,
  },
  en: {
    title: 'Documents: what to bring',
    name: 'Documents',
    ask: 'What to bring?',
    why: 'Choose a matter and tick what is ready. The ticks stay in this browser.',
    matter: 'Matter',
    find: 'Find in the list',
    clear: 'Remove all ticks',
    other: 'Українська',
    count: (ready, all) => `Ready: ${ready} of ${all}`,
  },
};

const PAPERS = {
  passport: ['Паспорт', 'Passport'],
  tax: ['Код платника податків', 'Tax number'],
  birth: ['Свідоцтво про народження', 'Birth certificate'],
  parents: ['Паспорти батьків', 'Passports of the parents'],
  hospital: ['Довідка з пологового будинку', 'Note of the hospital'],
  photo: ['Фото 3,5 × 4,5 см', 'Photo 3.5 × 4.5 cm'],
  residence: ['Витяг про місце проживання', 'Proof of residence'],
  fee: ['Квитанція про сплату', 'Receipt of the fee'],
  police: ['Заява про втрату', 'Report of the loss'],
  contract: ['Договір на житло', 'Contract of the flat'],
  moved: ['Довідка переселенця', 'Certificate of displacement'],
  bank: ['Реквізити рахунку', 'Number of the account'],
  school: ['Документ про освіту', 'School certificate'],
  health: ['Медична довідка', 'Health certificate'],
};

const MATTERS = [
  { id: 'child', label: ['Народження дитини', 'A child is born'], needs: ['parents', 'hospital', 'tax', 'residence'] },
  { id: 'lost', label: ['Втрачений паспорт', 'A lost passport'], needs: ['police', 'birth', 'photo', 'residence', 'fee'] },
  { id: 'move', label: ['Переїзд', 'Moving'], needs: ['passport', 'contract', 'tax', 'birth'] },
  { id: 'displaced', label: ['Допомога переселенцям', 'Aid for displaced people'], needs: ['passport', 'tax', 'moved', 'bank', 'residence'] },
  { id: 'study', label: ['Вступ до навчального закладу', 'Enrolling to study'], needs: ['passport', 'school', 'health', 'photo'] },
]; // prettier-ignore

const at = (id) => document.getElementById(id);
const state = { language: 'uk', matter: 'child', ready: {}, ...kept() };

function kept() {
  try {
    return JSON.parse(localStorage.getItem('documents')) ?? {};
  } catch {
    return {};
  }
}

function keep() {
  try {
    localStorage.setItem('documents', JSON.stringify(state));
  } catch {
    // The ticks then last as long as the page.
  }
}

function said(pair) {
  return pair[state.language === 'uk' ? 0 : 1];
}

function element(name, properties, ...inside) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...inside);
  return made;
}

function show() {
  const words = WORDS[state.language];
  document.documentElement.lang = state.language;
  document.title = words.title;
  for (const part of document.querySelectorAll('[data-say]')) part.textContent = words[part.dataset.say];
  at('language').textContent = words.other;
  at('language').lang = state.language === 'uk' ? 'en' : 'uk';
  at('matter').replaceChildren(
    ...MATTERS.map(({ id, label }) =>
      element('option', { value: id, textContent: said(label), selected: id === state.matter }),
    ),
  );
  list();
}

function list() {
  const { needs } = MATTERS.find(({ id }) => id === state.matter) ?? MATTERS[0];
  const ready = (state.ready[state.matter] ??= {});
  const wanted = at('find').value.trim().toLowerCase();
  at('list').replaceChildren(
    ...needs
      .filter((paper) => said(PAPERS[paper]).toLowerCase().includes(wanted))
      .map((paper) => {
        const tick = element('input', { type: 'checkbox', checked: ready[paper] === true });
        tick.addEventListener('change', () => {
          ready[paper] = tick.checked;
          keep();
          count(needs, ready);
        });
        return element('li', {}, element('label', {}, tick, said(PAPERS[paper])));
      }),
  );
  count(needs, ready);
}

function count(needs, ready) {
  const done = needs.filter((paper) => ready[paper]).length;
  at('count').textContent = WORDS[state.language].count(done, needs.length);
}

at('language').addEventListener('click', () => {
  state.language = state.language === 'uk' ? 'en' : 'uk';
  keep();
  show();
});
at('matter').addEventListener('change', () => {
  state.matter = at('matter').value;
  keep();
  list();
});
at('find').addEventListener('input', list);
at('clear').addEventListener('click', () => {
  state.ready[state.matter] = {};
  keep();
  list();
});
show();
