using System.Reflection;
using System.Reflection.Emit;
using Backprop.Coordinator.Core;
using Backprop.Worker.Core;

namespace Backprop.Tests.Architecture;

/// <summary>
/// The cores decide and do nothing else: no type of their namespaces may name a clock, a task, a socket, a file, a logger, dice, a hash
/// table or a float array, in a field, a signature, a local or an instruction.
/// </summary>
public sealed class CorePurityTests
{
    private const BindingFlags All =
        BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private static readonly string[] BannedNamespaces =
        ["System.Threading", "System.IO", "System.Net", "System.Linq", "System.Timers", "System.Collections", "Microsoft.Extensions"];

    private static readonly Type[] BannedTypes =
    [
        typeof(TimeProvider), typeof(DateTime), typeof(DateTimeOffset), typeof(Environment), typeof(Console), typeof(Guid), typeof(GC),
        typeof(float[]), typeof(double[]), typeof(Span<float>), typeof(ReadOnlySpan<float>), typeof(Memory<float>), typeof(Delegate),
    ];

    /// <summary>By name where naming the type is itself forbidden.</summary>
    private static readonly string[] BannedNames = ["System.Random", "System.Diagnostics.Stopwatch", "System.MathF", "System.HashCode"];

    /// <summary>The one constant that says "no limit"; nothing waits by it.</summary>
    private static readonly string[] AllowedMembers = ["Timeout.InfiniteTimeSpan"];

    private static readonly Type[] Types = [.. TypesOf(typeof(CoordinatorCore)), .. TypesOf(typeof(WorkerCore))];

    public static TheoryData<string> CoreTypes => [.. Types.Select(t => t.FullName!)];

    [Theory]
    [MemberData(nameof(CoreTypes))]
    public void ACoreTypeNamesNothingOfTheOutside(string name)
    {
        Violations(Types.Single(t => t.FullName == name)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(nameof(Impure.Waits))]
    [InlineData(nameof(Impure.LooksAtTheClock))]
    [InlineData(nameof(Impure.Remembers))]
    [InlineData(nameof(Impure.Counts))]
    public void TheCheckSeesWhatItIsThereFor(string member)
    {
        Violations(typeof(Impure)).ShouldContain(v => v.Contains(member, StringComparison.Ordinal));
    }

    private static IEnumerable<Type> TypesOf(Type core) => core.Assembly.GetTypes().Where(t => t.Namespace == core.Namespace);

    private static IEnumerable<string> Violations(Type type)
    {
        foreach (var field in type.GetFields(All).Where(f => IsBanned(f.FieldType)))
        {
            yield return $"{type.Name}.{field.Name} is a {field.FieldType}";
        }

        foreach (var method in type.GetMethods(All).Cast<MethodBase>().Concat(type.GetConstructors(All)))
        {
            var named = method.GetParameters().Select(p => p.ParameterType)
                .Concat(method is MethodInfo info ? [info.ReturnType] : [])
                .Concat(method.GetMethodBody()?.LocalVariables.Select(l => l.LocalType) ?? [])
                .Where(IsBanned)
                .Select(t => t.ToString())
                .Concat(MembersNamedBy(method).Where(m => IsBanned(m) && !IsAllowed(m)).Select(m => $"{m.DeclaringType}.{m.Name}"));
            foreach (var violation in named)
            {
                yield return $"{type.Name}.{method.Name} uses {violation}";
            }
        }
    }

    private static bool IsAllowed(MemberInfo member) => AllowedMembers.Contains($"{member.DeclaringType?.Name}.{member.Name}");

    private static bool IsBanned(MemberInfo member) => member switch
    {
        Type type => IsBannedType(type),
        _ => member.DeclaringType is { } owner && IsBannedType(owner),
    };

    private static bool IsBannedType(Type type)
    {
        // A record prints and compares itself with the help of the library; what it does so is nobody's decision.
        if (type.Namespace == "System.Collections.Generic" && type.Name.StartsWith("EqualityComparer", StringComparison.Ordinal))
        {
            return false;
        }

        var name = type.FullName ?? type.Name;
        return BannedTypes.Contains(type)
            || BannedNames.Any(n => name == n)
            || BannedNamespaces.Any(n => type.Namespace == n || type.Namespace?.StartsWith(n + ".", StringComparison.Ordinal) == true)
            || typeof(Delegate).IsAssignableFrom(type)
            || (type.HasElementType && IsBannedType(type.GetElementType()!))
            || (type.IsGenericType && type.GetGenericArguments().Any(IsBannedType));
    }

    /// <summary>The members that a method's instructions name: what it calls, creates, reads and writes.</summary>
    private static IEnumerable<MemberInfo> MembersNamedBy(MethodBase method)
    {
        var code = method.GetMethodBody()?.GetILAsByteArray() ?? [];
        var at = 0;
        while (at < code.Length)
        {
            var opCode = code[at] == 0xFE ? IlOpCodes[0xFE00 | code[at + 1]] : IlOpCodes[code[at]];
            at += opCode.Size;
            if (NamesAMember(opCode) && Resolve(method, BitConverter.ToInt32(code, at)) is { } member)
            {
                yield return member;
            }

            at += OperandSize(opCode, code, at);
        }
    }

    private static bool NamesAMember(OpCode opCode) =>
        opCode.OperandType is OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineType or OperandType.InlineTok;

    private static MemberInfo? Resolve(MethodBase method, int token) => method.Module.ResolveMember(
        token,
        method.DeclaringType!.GetGenericArguments(),
        method.IsGenericMethod ? method.GetGenericArguments() : null);

    private static readonly Dictionary<int, OpCode> IlOpCodes = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(f => (OpCode)f.GetValue(null)!)
        .ToDictionary(o => (int)(ushort)o.Value);

    private static int OperandSize(OpCode opCode, byte[] code, int at) => opCode.OperandType switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
        _ => 4,
    };

    /// <summary>What no core may do.</summary>
    private sealed class Impure
    {
        public float[] Remembers { get; } = [];

        public Dictionary<int, int> Counts { get; } = [];

        public static void Waits() => Task.CompletedTask.Wait();

        public static long LooksAtTheClock() => TimeProvider.System.GetTimestamp();
    }
}
