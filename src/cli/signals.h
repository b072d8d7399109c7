#pragma once

namespace convnext::cli {

// What signals do to this program (docs/cli.md, "Exit codes"). The library leaves all of them as they are.
void HandleSignals();

}  // namespace convnext::cli
