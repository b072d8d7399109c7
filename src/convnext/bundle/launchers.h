#pragma once

#include "convnext/bundle/evidence.h"

namespace convnext {

// The files that make the commands of the Python adaptation work in a bundle (inference.py, eval/eval_accuracy.py,
// eval/eval_performance.py, requirements.txt), adapt.py for the whole job, and the bundle's .gitignore. The same bytes
// as in this project's root.
Files LauncherFiles();

// The bundle's .gitignore, and its LICENSE: the Apache License that the front matter of its READMEs names.
std::string GitIgnore();
std::string LicenseText();

// The bundle's .gitattributes as it is made: with it git leaves every byte of every file alone. Hosts add lines.
std::string GitAttributes();

}  // namespace convnext
