#pragma warning disable IDE0130, IDE0161 // The compiler looks for it in this namespace, which is not the folder's.
namespace System.Runtime.CompilerServices
{
    /// <summary>What the compiler wants for records, and the framework of generators has not.</summary>
    internal static class IsExternalInit;
}
