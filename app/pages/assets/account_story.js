// What the views of an attempt ask of an account of this service; a bundle answers the same, see
// bundle_story.js.

const MOST_ACCOUNTS = 500;

export function accountStory(api, id) {
  const own = `/v1/accounts/${id}`;
  return {
    key: id,
    addition: null,
    // Whose attempts there are to compare with: [key, words], the story's own first.
    async others() {
      const { accounts } = await api.get(`/v1/accounts?limit=${MOST_ACCOUNTS}`);
      const named = (one) => [one.id, `${one.label || one.name || one.id} (${one.workspace})`];
      return [[id, "this account"], ...accounts.filter((one) => one.id !== id).map(named)];
    },
    attempts: async (key) => (await api.get(`/v1/accounts/${key}/attempts`)).attempts,
    async compare(number, key, otherNumber) {
      const query = new URLSearchParams({ attempt: number, with_account: key, with_attempt: otherNumber });
      return (await api.get(`${own}/compare?${query}`)).comparison;
    },
    // All rows of an attempt, also of one that the page holds in part.
    whole: async ({ attempt }) => (await api.get(`${own}/attempts/${attempt.number}`)).timeline,
    state: async (version) => (await api.get(`${own}/replay/state?version=${version}`)).state,
    whatIf: async (changes) => (await api.post(`${own}/replay/what-if`, changes)).what_if,
    redecide: async (number) => (await api.get(`${own}/replay/redecide?attempt=${number}`)).redecided,
    // The address of the picture.
    drawing: async (number) => `${own}/path?${new URLSearchParams({ attempt: number, format: "svg" })}`,
  };
}
