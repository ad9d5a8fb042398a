// The client's types against the interface's own document: a field of one is a field of the other.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";

interface Schema {
  $ref?: string; type?: string | string[]; enum?: (string | null)[]; anyOf?: Schema[]; items?: Schema;
  properties?: Record<string, Schema>;
}
const path = (of: string) => fileURLToPath(new URL(`../../../${of}`, import.meta.url));
const schemas: Record<string, Schema> = JSON.parse(readFileSync(path("src/api/openapi.json"), "utf8")).components.schemas;
const source = ts.createSourceFile("types.ts", readFileSync(path("web/client/types.ts"), "utf8"), ts.ScriptTarget.ES2022, true);
const interfaces = new Map<string, ts.InterfaceDeclaration>();
const aliases = new Map<string, ts.TypeNode>();
for (const statement of source.statements) {
  if (ts.isInterfaceDeclaration(statement)) interfaces.set(statement.name.text, statement);
  if (ts.isTypeAliasDeclaration(statement)) aliases.set(statement.name.text, statement.type);
}

const whole = (schema: Schema): Schema => (schema.$ref ? whole(schemas[schema.$ref.split("/").pop()!]!) : schema);

/** The members of an interface with those it extends. */
function membersOf(name: string): Map<string, ts.TypeNode> {
  const declaration = interfaces.get(name)!;
  const members = new Map<string, ts.TypeNode>();
  for (const clause of declaration.heritageClauses ?? [])
    for (const base of clause.types) for (const [field, type] of membersOf(base.expression.getText())) members.set(field, type);
  for (const member of declaration.members)
    if (ts.isPropertySignature(member)) members.set((member.name as ts.Identifier).text, member.type!);
  return members;
}

/** The words that a type allows; null: it is no list of words. */
function wordsOf(type: ts.TypeNode): string[] | null {
  if (ts.isTypeReferenceNode(type) && aliases.has(type.typeName.getText())) return wordsOf(aliases.get(type.typeName.getText())!);
  if (ts.isLiteralTypeNode(type)) return ts.isStringLiteral(type.literal) ? [type.literal.text] : [];
  if (!ts.isUnionTypeNode(type)) return null;
  const parts = type.types.map(wordsOf);
  return parts.includes(null) ? null : parts.flatMap((words) => words!);
}

/** Whether null is among what it may be. */
const nullable = (type: ts.TypeNode) => type.getText().split("|").some((part) => part.trim() === "null");
const mayBeNull = (schema: Schema): boolean =>
  [schema.type].flat().includes("null") || (schema.anyOf ?? []).some((one) => mayBeNull(whole(one)));

const PAIRS: [type: string, schema: string][] = [
  ["Deployment", "Deployment"], ["Step", "Step"], ["Metric", "Metric"], ["Verdict", "Verdict"], ["Because", "Because"],
  ["VersionReceipt", "VersionReceipt"], ["Receipt", "Receipt"], ["Wait", "Wait"], ["WayBack", "WayBack"],
  ["Approval", "Approval"], ["Process", "Process"], ["Service", "Service"], ["Status", "Status"],
  ["Explanation", "Explanation"], ["Point", "Point"], ["Series", "Series"], ["Dora", "Dora"], ["Agent", "Agent"],
  ["SlipwayEvent", "Event"], ["List", "DeploymentList"], ["Problem", "Problem"], ["Session", "Session"],
  ["Release", "KnownRelease"], ["ReleasedIn", "ReleasedIn"], ["BuildReport", "BuildReport"],
];

describe("the client's types and the document", () => {
  it.each(PAIRS)("%s has the fields of %s", (type, schema) => {
    const members = membersOf(type);
    const properties = schemas[schema]!.properties!;
    // What marks a brief one is never told of a whole one.
    const told = [...members.keys()].filter((field) => !(type === "Deployment" && field === "brief"));
    expect(told.sort()).toEqual(Object.keys(properties).sort());
    for (const [field, property] of Object.entries(properties)) {
      expect([field, nullable(members.get(field)!)], "null").toEqual([field, mayBeNull(whole(property))]);
      const words = wordsOf(members.get(field)!);
      const known = whole(property).enum?.filter((word) => word !== null);
      if (words && known) expect([field, ...words.sort()], "words").toEqual([field, ...known.sort()]);
    }
  });
  it("a brief deployment has the fields of BriefDeployment", () => {
    expect([...membersOf("BriefDeployment").keys()].sort()).toEqual(Object.keys(schemas.BriefDeployment!.properties!).sort());
  });
});
