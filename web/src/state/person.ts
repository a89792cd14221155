// The same words about another person: "The subject raises his arm" told as "you", "he", "she" or "the person".
export type Person = "" | "person" | "he" | "she" | "you";

const SUBJECTS = /\b(the (?:subject|person|figure|character|man|woman|individual)|someone|somebody|he|she|they)\b/gi;
const POSSESSIVES = /\b(his|her|their)\b/gi;

/** Sentences in the third person singular, with the words for the person exchanged; "" leaves them. */
export function spoken(text: string, person: Person): string {
  if (!person || person === "you") return person ? toYou(text) : text;
  const [subject, own] = { person: ["the person", "their"], he: ["he", "his"], she: ["she", "her"] }[person];
  return text.replace(SUBJECTS, (was) => cased(subject, was)).replace(POSSESSIVES, (was) => cased(own, was));
}

const VERBS: Record<string, string> = { is: "are", has: "have", does: "do", was: "were" };

function toYou(text: string): string {
  return text
    .replace(new RegExp(`${SUBJECTS.source}(\\s+)([a-z]+)`, "gi"), (_, subject: string, space: string, verb: string) => cased("you", subject) + space + (VERBS[verb] ?? plural(verb)))
    .replace(SUBJECTS, (was) => cased("you", was))
    .replace(POSSESSIVES, (was) => cased("your", was));
}

function plural(verb: string): string {
  if (!/[^s]s$/.test(verb)) return verb;
  return /(sh|ch|ss|x|z)es$/.test(verb) ? verb.slice(0, -2) : /ies$/.test(verb) && verb !== "lies" ? `${verb.slice(0, -3)}y` : verb.slice(0, -1);
}

function cased(word: string, like: string): string {
  return /^[A-Z]/.test(like) ? word[0].toUpperCase() + word.slice(1) : word;
}
