// Helpers that build JSON Schema.

export type Schema = { [key: string]: unknown };

const TYPES: Record<string, Schema> = {
  s: { type: "string" },
  n: { type: "number" },
  b: { type: "boolean" },
  o: { type: "object" },
  a: { type: "array" },
  x: {},
};

/** Offers these values and accepts others too, as services add new ones. */
export const oneOf = (...values: string[]): Schema => ({ type: "string", anyOf: [{ enum: values }, {}] });

/** A type, [a type, a description for the user], or a whole schema. */
type Field = string | string[] | Schema;

/** An object that may have these fields. */
export function object(fields: Record<string, Field>, required: string[] = [], more: Schema = {}): Schema {
  const properties = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, schemaOf(field)]));
  return { type: "object", properties, ...(required.length > 0 ? { required } : {}), ...more };
}

export const listOf = (items: Field): Schema => ({ type: "array", items: schemaOf(items) });

/** When a field has a value, what else holds. */
export const when = (field: string, value: string, then: Schema): Schema => ({
  if: { properties: { [field]: { const: value } }, required: [field] },
  then,
});

function schemaOf(field: Field): Schema {
  if (typeof field !== "string" && !Array.isArray(field)) return field;
  const [type, description] = [field].flat();
  const schema = TYPES[type!];
  if (schema === undefined) throw new Error(`Not a type of a field: ${type}`);
  return description === undefined ? schema : { ...schema, description };
}
