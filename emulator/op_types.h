// AscendCL's types for single operators, under the official names; see acl_types.h.
#pragma once

#include "acl_types.h"

#ifdef ASCEND_EMULATOR_OFFICIAL_HEADERS

#include <acl/acl_op_compiler.h>

#else

struct aclopAttr;

enum aclopEngineType { ACL_ENGINE_SYS, ACL_ENGINE_AICORE, ACL_ENGINE_VECTOR };

enum aclopCompileType { ACL_COMPILE_SYS, ACL_COMPILE_UNREGISTERED };

enum aclCompileOpt { ACL_PRECISION_MODE = 0, ACL_OP_PRECISION_MODE = 13, ACL_PRECISION_MODE_V2 = 15 };

#endif  // ASCEND_EMULATOR_OFFICIAL_HEADERS
