#pragma once

#include <nlohmann/json_fwd.hpp>

#include "convnext/facts/records.h"

namespace convnext {

// A record as JSON. Every number is exact: integers, or doubles in the shortest form that reads back the same.
nlohmann::ordered_json ToJson(const EnvironmentRecord& record);
nlohmann::ordered_json ToJson(const InferenceRecord& record);
nlohmann::ordered_json ToJson(const AccuracyRecord& record);
nlohmann::ordered_json ToJson(const PerformanceRecord& record);
nlohmann::ordered_json ToJson(const EmbeddedUnit& unit);
nlohmann::ordered_json ToJson(const EmbeddingRecord& record);
nlohmann::ordered_json ToJson(const ReportRecord& record);
nlohmann::ordered_json ToJson(const AdaptRecord& record);

// Reads what ToJson gives. kInvalid, naming the field, if one is missing, of another type, or a number is out of range.
// Fields that are not known are an error too, or are named in `unknown` if that is given.
Result<EnvironmentRecord> ParseEnvironmentRecord(const nlohmann::ordered_json& json,
                                                 std::vector<std::string>* unknown = nullptr);
Result<InferenceRecord> ParseInferenceRecord(const nlohmann::ordered_json& json,
                                             std::vector<std::string>* unknown = nullptr);
Result<AccuracyRecord> ParseAccuracyRecord(const nlohmann::ordered_json& json,
                                           std::vector<std::string>* unknown = nullptr);
Result<PerformanceRecord> ParsePerformanceRecord(const nlohmann::ordered_json& json,
                                                 std::vector<std::string>* unknown = nullptr);
Result<EmbeddedUnit> ParseEmbeddedUnit(const nlohmann::ordered_json& json);
Result<EmbeddingRecord> ParseEmbeddingRecord(const nlohmann::ordered_json& json,
                                             std::vector<std::string>* unknown = nullptr);
Result<ReportRecord> ParseReportRecord(const nlohmann::ordered_json& json, std::vector<std::string>* unknown = nullptr);
Result<AdaptRecord> ParseAdaptRecord(const nlohmann::ordered_json& json, std::vector<std::string>* unknown = nullptr);

}  // namespace convnext
