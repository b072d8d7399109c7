// What convnext embed says of an output directory and of a plan.
#pragma once

#include <string>
#include <vector>

#include "convnext/embed/embed.h"

namespace convnext::cli {

void PrintWarnings(const std::vector<std::string>& warnings);
// `what`: "planned"
void PrintPlan(const Plan& plan, const std::string& what);

// --status and --verify of `output`: the exit code. `evidence`: a directory that must have recorded it, or empty.
int ShowStatus(const std::string& output, bool json);
int ShowVerdict(const std::string& output, const std::string& evidence, bool json);

// --dry_run. `is_new`: the plan is not written, so nothing of it can be done.
Status ShowDryRun(const std::string& output, const Plan& plan, bool is_new, bool json);

}  // namespace convnext::cli
