// The dashboard: one page, its screens by path, kept true by the agent's events.
import { render } from "preact";
import "./style/base.css";
import "./style/shell.css";
import "./style/fleet.css";
import "./style/deployment.css";
import "./style/pages.css";
import { Shell } from "./app/shell.tsx";
import { apply } from "./app/theme.ts";
import { keepLink } from "./data/link.ts";

apply();
render(<Shell />, document.getElementById("app")!);
void keepLink();
