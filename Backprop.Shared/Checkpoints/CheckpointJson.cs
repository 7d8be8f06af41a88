using System.Text.Json.Serialization;

namespace Backprop.Shared.Checkpoints;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(Evaluation))]
[JsonSerializable(typeof(IReadOnlyList<DataFileStamp>))]
[JsonSerializable(typeof(DataFileStamp[]))]
internal sealed partial class CheckpointJson : JsonSerializerContext;
