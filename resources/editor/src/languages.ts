// The languages of Lambda functions and of their other files. Grammars load with the first file that needs one.
import "monaco-editor/languages/definitions/bat/register.js";
import "monaco-editor/languages/definitions/csharp/register.js";
import "monaco-editor/languages/definitions/css/register.js";
import "monaco-editor/languages/definitions/dockerfile/register.js";
import "monaco-editor/languages/definitions/go/register.js";
import "monaco-editor/languages/definitions/graphql/register.js";
import "monaco-editor/languages/definitions/hcl/register.js";
import "monaco-editor/languages/definitions/html/register.js";
import "monaco-editor/languages/definitions/ini/register.js";
import "monaco-editor/languages/definitions/java/register.js";
import "monaco-editor/languages/definitions/javascript/register.js";
import "monaco-editor/languages/definitions/kotlin/register.js";
import "monaco-editor/languages/definitions/markdown/register.js";
import "monaco-editor/languages/definitions/powershell/register.js";
import "monaco-editor/languages/definitions/protobuf/register.js";
import "monaco-editor/languages/definitions/python/register.js";
import "monaco-editor/languages/definitions/ruby/register.js";
import "monaco-editor/languages/definitions/rust/register.js";
import "monaco-editor/languages/definitions/shell/register.js";
import "monaco-editor/languages/definitions/sql/register.js";
import "monaco-editor/languages/definitions/typescript/register.js";
import "monaco-editor/languages/definitions/xml/register.js";
import "monaco-editor/languages/definitions/yaml/register.js";
import { languages } from "monaco-editor/editor.js";
import { conf, language } from "monaco-editor/languages/definitions/ini/ini.js";
import { jsonDefaults } from "monaco-editor/languages/features/json/register.js";
import { javascriptDefaults, typescriptDefaults } from "monaco-editor/languages/features/typescript/register.js";
import { EVENT_SCHEMA, NOT_BY_SAMPLE, SAMPLE_SCHEMAS } from "./schema_events";
import { SAM_SCHEMA } from "./schema_sam";

export function registerLanguages(): void {
  // Monaco has no TOML; the INI grammar colours sections, keys, strings and comments of it.
  languages.register({ id: "toml", extensions: [".toml"], filenames: ["Pipfile", "uv.lock", "poetry.lock"], aliases: ["TOML"] });
  languages.setMonarchTokensProvider("toml", language);
  languages.setLanguageConfiguration("toml", conf);
  // The worker sees the open files only: an import of anything else would be marked as missing.
  for (const defaults of [javascriptDefaults, typescriptDefaults]) {
    defaults.setDiagnosticsOptions({ noSemanticValidation: true, noSyntaxValidation: false });
  }
  jsonDefaults.setDiagnosticsOptions({
    validate: true,
    allowComments: false,
    enableSchemaRequest: false,
    schemas: [
      { uri: "workbench:event", fileMatch: ["**/events/*.json", "event.json", "*.event.json", "*-event.json", "event-*.json", ...NOT_BY_SAMPLE], schema: EVENT_SCHEMA },
      { uri: "workbench:sam", fileMatch: ["template.json", "*.template.json", "sam.json", "template-*.json"], schema: SAM_SCHEMA },
      ...SAMPLE_SCHEMAS,
    ],
  });
}
