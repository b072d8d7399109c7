// libascendcl.so: found, loaded, its functions looked up.
#pragma once

#include <optional>

#include "convnext/ascend/acl/declarations.h"
#include "convnext/ascend/host/host.h"
#include "convnext/base/base.h"

namespace convnext {

// Loads the library and keeps it for the life of the process (its threads do not survive dlclose). The code of the
// reason is npu.cann.library, with the loader's text as symptom, npu.cann.stub_library or npu.cann.symbols.
Result<AclApi> LoadAclLibrary(const Machine& machine, const std::optional<CannInstallation>& cann);

}  // namespace convnext
