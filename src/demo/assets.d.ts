declare module '*.awk' {
  const text: string;
  export default text;
}
