// Everything that knows nothing about pictures or models: errors, files, hashes, clocks, JSON input, random numbers,
// threads, other programs, secrets in texts.
#pragma once

#include "base/clock.h"
#include "base/cores.h"
#include "base/file.h"
#include "base/file_lock.h"
#include "base/integers.h"
#include "base/json.h"
#include "base/libraries.h"
#include "base/limits.h"
#include "base/machine.h"
#include "base/numa.h"
#include "base/png_chunk.h"
#include "base/process.h"
#include "base/random.h"
#include "base/recent.h"
#include "base/redact.h"
#include "base/sha256.h"
#include "base/status.h"
#include "base/text.h"
#include "base/thread_pool.h"
#include "base/worker_thread.h"
