// JSON Schema, written shortly.

export type Schema = { [key: string]: unknown };

const TYPES: Record<string, Schema> = {
  s: { type: "string" },
  n: { type: "number" },
  b: { type: "boolean" },
  o: { type: "object" },
  a: { type: "array" },
  x: {},
};

/** One of these values is offered; others are taken too: services learn new ones. */
export const oneOf = (...values: string[]): Schema => ({ type: "string", anyOf: [{ enum: values }, {}] });

/** An object that may have these fields. A field is "type description", or a whole schema. */
export function object(fields: Record<string, string | Schema>, required: string[] = [], more: Schema = {}): Schema {
  const properties = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, typeof field === "string" ? short(field) : field]));
  return { type: "object", properties, ...(required.length > 0 ? { required } : {}), ...more };
}

export const listOf = (items: Schema | string): Schema => ({ type: "array", items: typeof items === "string" ? short(items) : items });

/** When a field has a value, what else holds. */
export const when = (field: string, value: string, then: Schema): Schema => ({
  if: { properties: { [field]: { const: value } }, required: [field] },
  then,
});

function short(field: string): Schema {
  const [type, ...words] = field.split(" ");
  const schema = TYPES[type!];
  if (schema === undefined) throw new Error(`No type of a field: ${field}`);
  return words.length > 0 ? { ...schema, description: words.join(" ") } : schema;
}
