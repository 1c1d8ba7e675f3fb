// The small picture of the whole text beside it, painted in the pauses between keys.
//
// WORKAROUND for Monaco 0.57: it paints the picture in one frame with the typed character. Without a graphics card all
// that lies between the two is then put together anew, which is most of the window and takes longer than all else.
import { Minimap } from "monaco-editor/editor/browser/viewParts/minimap/minimap.js";
import type { editor } from "monaco-editor/editor.js";
import { Pause } from "./pause";

const QUIET_MS = 150;
const LONGEST_MS = 600;

const views = new Set<editor.IStandaloneCodeEditor>();
const pause = new Pause(() => {
  for (const view of views) view.render();
});

const shouldRender = Minimap.prototype.shouldRender;
Minimap.prototype.shouldRender = function () {
  return !pause.isWaiting && shouldRender.call(this);
};

/** Takes an editor in which a person types. */
export function paintMinimapLater(view: editor.IStandaloneCodeEditor): void {
  views.add(view);
  view.onDidChangeModelContent(() => pause.typed(QUIET_MS, LONGEST_MS));
  view.onDidDispose(() => views.delete(view));
}
