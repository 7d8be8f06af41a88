using System.Text.Json.Serialization;

namespace Backprop.Shared.Checkpoints;

[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(string[]))]
internal sealed partial class CheckpointJson : JsonSerializerContext;
