// Which glibc this program needs.
#pragma once

#include <string>

#include "convnext/facts/facts.h"

namespace convnext {

// The newest version of glibc that a symbol of this program's own file asks for, as "2.28": with an older one it does
// not start. The libraries that it loads may ask for newer ones; the portable program loads no other than glibc's.
// Empty if it asks for none, or if the file cannot be read.
std::string GlibcFloor();

// The distribution and glibc of a host beside the floor of the program: "openEuler 22.03 (LTS-SP3), glibc 2.34; this
// program needs glibc 2.28 or later", or that the host's is older.
std::string HostText(const EnvironmentRecord& host, const std::string& floor);

}  // namespace convnext
