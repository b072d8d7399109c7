#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace convnext {

std::string_view Version();                // "0.1.0"
std::string_view Commit();                 // of the source it was built from; "+" after it: with uncommitted changes
std::string Compiler();                    // "g++ 12.2.0"
std::vector<std::string> SimdTargets();    // that this program has and this CPU can run, the best first

}  // namespace convnext
