// The messages between this page and workbench/ui/editor/bridge.py. Field names are Python's.
// Lines and columns count from 1; columns count UTF-16 units.

/** A text in the message, or the path to fetch it from when it is too large for one. */
export type Text = { text: string } | { fetch: string };

export interface OpenRequest {
  uri: string;
  /** A language id, or "" for that of the file's name. */
  language: string;
  read_only: boolean;
  /** What the file holds. */
  saved: Text;
  /** The edited text, when that differs: applied as one edit, so undo leads back to `saved`. */
  draft: Text | null;
}

export interface TextEdit {
  line: number;
  column: number;
  end_line: number;
  end_column: number;
  text: string;
}

export interface Marker {
  line: number;
  column: number;
  end_line: number;
  end_column: number;
  message: string;
  severity: "error" | "warning" | "info" | "hint";
  source: string;
  /** Its name at the source, or "". */
  rule: string;
  tag: "unnecessary" | "deprecated" | "";
}

/** Lines that differ from what is deployed. A deletion names the line before it, 0 for the top. */
export interface LineChange {
  kind: "added" | "changed" | "deleted";
  line: number;
  end_line: number;
}

/** A change of a text, in UTF-16 units. */
export type Edit = [offset: number, length: number, text: string];

/** A breakpoint in the margin. */
export interface BreakpointMark {
  /** Its own, for `notify_breakpoints`. */
  number: number;
  line: number;
  look: "plain" | "conditional" | "log" | "disabled" | "unverified" | "failed";
  /** Shown when the pointer rests on it: a text of the program, and below it one of the user or the debugger. */
  title: string;
  detail: string;
}

export interface Options {
  font_family: string;
  font_size_px: number;
  tab_size: number;
  word_wrap: boolean;
  minimap: boolean;
  whitespace: boolean;
  label: string;
}

/** A symbol of a document, its kind as Monaco numbers them; the position of its name, and its lines. */
export type Symbol = [name: string, kind: number, line: number, column: number, firstLine: number, lastLine: number, children: Symbol[]];

/** `text` is null when it is too large for a message: Python then reads it with `workbench.read(uri)`. */
export interface Snapshot {
  version: number;
  text: string | null;
}

/** What Python may call. Every call is answered, with a result or a message of what went wrong. */
export interface Calls {
  open(request: OpenRequest): Promise<void>;
  /** Shows it in the active half, or in the other one. */
  show(request: { uri: string; in_other_half: boolean }): void;
  /** One editor or two, the active one (0 or 1), and the first one's part of the width. */
  halves(request: { split: boolean; active: number; share: number }): void;
  close(request: { uri: string }): void;
  /** Sends every change that is not sent yet. */
  flush(request: object): void;
  get(request: { uri: string }): Snapshot;
  edit(request: { uri: string; edits: TextEdit[] }): void;
  mark_saved(request: { uri: string; version: number }): void;
  markers(request: { uri: string; markers: Marker[] }): void;
  /** Shows the document at the right of another text, until another document is shown or it is ended. */
  compare(request: { uri: string; original: Text }): Promise<void>;
  end_comparison(request: object): void;
  go_to_change(request: { next: boolean }): void;
  revert_change(request: object): void;
  changes(request: { uri: string; changes: LineChange[] }): void;
  /** Replaces them; `stopped` is the line where the debugged function has stopped, 0 for none. */
  breakpoints(request: { uri: string; marks: BreakpointMark[]; stopped: number }): void;
  /**
   * Puts the cursor there, or selects up to `end_column` unless that is 0; `top` is the line to scroll to, 0 to scroll
   * only as far as the cursor needs.
   */
  reveal(request: { uri: string; line: number; column: number; end_column: number; top: number }): void;
  /** The scripts of the function, open or not: the folder's URI, and a JSON object, path in it -> text. */
  scripts(request: { root: string; files: Text }): Promise<void>;
  /** Whether `notify_outline` is wanted. */
  outline(request: { wanted: boolean }): void;
  theme(request: { dark: boolean }): void;
  options(request: Options): void;
  trigger(request: { command: string }): void;
  focus(request: object): void;
}

/** The page's notifications. */
export interface Notifications {
  notify_ready(): void;
  notify_changed(uri: string, version: number, text: string): void;
  /** Changed, but too large for a message. */
  notify_changed_large(uri: string): void;
  /** A large text changed since the last of these: Edit[] as JSON, each of the text after the one before; its length then. */
  notify_edited(uri: string, version: number, length: number, edits: string): void;
  /** A line is so long that colours, checks and wrapping are off. */
  notify_limited(uri: string): void;
  notify_dirty(uri: string, dirty: boolean): void;
  notify_cursor(uri: string, line: number, column: number): void;
  /** The first line in sight, once scrolling has paused. */
  notify_top(uri: string, line: number): void;
  /** The user moved to the other half. */
  notify_half(number: number): void;
  /** The user moved the line between the halves. */
  notify_share(share: number): void;
  /** The symbols of the active document, Symbol[] as JSON; "" and none when there is none. */
  notify_outline(uri: string, symbols: string): void;
  /** Where a document's breakpoints are after an edit: JSON, number and line of each. */
  notify_breakpoints(uri: string, lines: string): void;
  /** The user clicked in the margin for breakpoints. */
  notify_margin(uri: string, line: number): void;
  /** The user asked for the menu of a line's margin, at a point of the page in pixels. */
  notify_margin_menu(uri: string, line: number, x: number, y: number): void;
  notify_save(uri: string): void;
  notify_link(url: string): void;
}

/** Texts above this many UTF-16 units do not travel in messages: 10 MB takes 0.3 s by fetch, 3 s through the channel. */
export const LARGE_LENGTH = 2_000_000;
